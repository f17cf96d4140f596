#include <algorithm>

#include "resolver/http/http_framing.hpp"
#include "tests/fuzz/node.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {
namespace {

/// One connection: octets come in pieces, and what was not consumed is shown again.
class HttpConnection {
public:
    /// False once nothing more is answered.
    bool receive(Bytes octets) {
        pending_.append(text_of(octets));
        while (!pending_.empty()) {
            const auto progress = framing_.consume(node().lookup(), bytes_of(pending_), out_);
            require(progress.consumed <= pending_.size(), "only what came is consumed");
            pending_.erase(0, progress.consumed);
            if (progress.close) return false;
            if (progress.consumed == 0) break;
        }
        return true;
    }
    std::string_view answers() const { return text_of(out_.bytes()); }

private:
    const resolver::Config config_{};
    const resolver::NodeView view_{.metrics = [] { return std::string{"up 1\n"}; },
                                   .ready = [] { return true; }};
    resolver::HttpApi api_{node().service(), view_};
    resolver::HttpFraming framing_{api_, node().service(), config_};
    resolver::OutBuffer out_;
    std::string pending_;
};

}  // namespace

void fuzz_http(Bytes input) {
    if (input.empty()) return;
    // The first octet says where the rest is cut.
    const Bytes request = input.subspan(1);
    const std::size_t cut =
        std::min(std::to_integer<std::size_t>(input[0]) * request.size() / 255, request.size());
    HttpConnection connection;
    if (connection.receive(request.first(cut))) connection.receive(request.subspan(cut));
    const std::string_view answers = connection.answers();
    require(answers.empty() || answers.starts_with("HTTP/1.1 "), "answers are HTTP");
}

}  // namespace idnode::fuzz
