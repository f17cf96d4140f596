#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/receiver.hpp"
#include "tests/support/openapi.hpp"

namespace idnode::end_to_end {

/// Asks a node over TLS, and has a test fail when an answer is none that docs/openapi.json
/// describes: its status, its media type, and all of its body.
class DescribedClient {
public:
    /// The node must outlive it.
    explicit DescribedClient(const Node& node) : node_{node} {}

    struct Asked {
        std::string method;
        std::string target;
        std::string who{};  ///< a header that shows it; empty: nobody
        std::string body{};
        std::vector<std::string> headers{};
        std::string content_type = "application/json";  ///< where there is a body
        bool in_clear = false;                          ///< without TLS
    };

    /// Expects that status, and where it is one of success, that the description allows what was
    /// sent.
    HttpsAnswer expect(int status, const Asked& asked);
    /// Any status that is described will do.
    HttpsAnswer ask(const Asked& asked);

    /// What a receiver got has to be what stands under that name among the webhooks.
    void check_delivery(std::string_view webhook, const Received& received) const;

    const test::OpenApi& api() const noexcept { return api_; }
    /// Operations that nobody has had success with, as "METHOD path".
    std::vector<std::string> untried() const;
    /// What is described and was never answered, as "METHOD path STATUS".
    std::vector<std::string> unseen() const;
    /// What another client was answered counts as well.
    void learn_from(const DescribedClient& other) {
        seen_.insert(other.seen_.begin(), other.seen_.end());
    }
    /// An answer that somebody else got has to be one that is described.
    void check(const Asked& asked, const HttpsAnswer& answer) {
        check_answer(operation_of(asked), asked, answer);
    }

private:
    const test::OpenApi::Operation& operation_of(const Asked& asked) const;
    void check_request(const test::OpenApi::Operation& operation, const Asked& asked) const;
    HttpsAnswer ask_in_clear(const Asked& asked, const std::vector<std::string>& headers) const;
    void check_answer(const test::OpenApi::Operation& operation, const Asked& asked,
                      const HttpsAnswer& answer);
    void check_body(const boost::json::object& content, const std::string& type,
                    const std::string& body, test::SchemaValidator::Others others,
                    const std::string& what) const;

    const Node& node_;
    const test::OpenApi api_;
    std::set<std::string> done_;
    std::set<std::string> seen_;
};

}  // namespace idnode::end_to_end
