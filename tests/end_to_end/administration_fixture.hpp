#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/administrator.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {

using protocol::Value;
namespace op_flag = protocol::op_flag;

enum Op : std::uint32_t {
    create = 100,
    remove_handle = 101,
    add = 102,
    remove = 103,
    modify = 104,
    list = 105,
    home = 300,
    unhome = 301,
    list_homed = 302,
    terminate = 401
};

inline const protocol::Reference owner{"0.NA/88.118.8", 300};
inline const Credentials owner_key{owner, "a secret of the owner"};
inline const Credentials wrong_key{owner, "another secret"};
inline const Credentials stranger_key{{"0.NA/88.118.9", 300}, "a secret of a stranger"};
inline const Credentials nobody_key{{"88.118.8/NOBODY", 300}, "x"};

inline Value url(std::uint32_t index, std::string text) {
    return {.index = index, .type = "URL", .data = std::move(text), .references = {}};
}

inline Value admin(std::uint32_t index = 100) { return admin_value(index, owner); }

/// A node with two prefixes, an administrator of each, and a connection to it.
class Administration : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        node_ = std::make_unique<Node>();
        node_->home("88.118.8");
        node_->home("88.118.9");
        node_->import(prefix_record(owner_key) + prefix_record(stranger_key));
        node_->write_config(std::string{unlimited_proofs} +
                            "administration: {administrators: [\"300:0.NA/88.118.8\"]}\n");
        node_->start();
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(node_->stop(), 0);
        EXPECT_THAT(node_->do_run({"check"}), ::testing::HasSubstr("no fault"));
        EXPECT_THAT(node_->log(), ::testing::Not(::testing::HasSubstr(owner_key.secret)));
        node_.reset();
    }
    static const Node& node() { return *node_; }

    std::uint32_t code(Op op, std::string_view body,
                       const std::optional<Credentials>& who = owner_key,
                       std::uint32_t flags = usual_flags) {
        return operate(say_, op, body, who, flags).code();
    }
    std::string url_of(const std::string& handle) {
        const Answer answer = ask(tcp_, {.handle = handle, .indexes = {1}});
        return answer.code() == 1 ? values_of(answer).at(0).data : std::to_string(answer.code());
    }

    TcpStream tcp_{node().handle()};
    Say say_ = over(tcp_);

private:
    static inline std::unique_ptr<Node> node_;
};

}  // namespace idnode::end_to_end
