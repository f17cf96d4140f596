// The permissions of single values: each of the sixteen, alone and beside each other, read and
// written by everybody whom they tell apart, by every way.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "protocol/json/json_writer.hpp"
#include "protocol/json/record_json.hpp"
#include "tests/end_to_end/administrator.hpp"
#include "tests/end_to_end/authorization_world.hpp"
#include "tests/support/records.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::Value;
using ::testing::IsEmpty;
namespace op_flag = protocol::op_flag;
using Indexes = std::set<std::uint32_t>;

// RFC 3651 §3.1.
constexpr unsigned public_write = 1, public_read = 2, admin_write = 4, admin_read = 8;

constexpr const char* handle = "88.2/VALUES";
constexpr std::uint32_t index_of(unsigned permissions) { return permissions + 1; }
constexpr unsigned permissions_of(std::uint32_t index) { return index - 1; }

/// By what HS_ADMIN grants at the handle.
enum class Role { nobody, reader, writer, stranger };
constexpr Role roles[] = {Role::nobody, Role::reader, Role::writer, Role::stranger};

Who who_plays(Role role) {
    switch (role) {
        case Role::nobody: return Who::nobody;
        case Role::reader: return Who::secret_key;
        case Role::writer: return Who::rsa_key;
        case Role::stranger: break;
    }
    return Who::of_other_prefix;
}

std::string name_of(Role role) {
    constexpr const char* names[] = {"nobody", "the reader", "the writer", "a stranger"};
    return names[static_cast<std::size_t>(role)];
}

/// What a question about these values must get.
struct Expected {
    std::uint32_t code;
    Indexes shown{};
};

/// Whoever asks for public values only gets these. All others get what is selected when everything
/// is public; else what administrators may read takes proof and permission, and then comes with
/// the public values; what not even they may read comes to nobody.
Expected expected_reading(const Indexes& selected, bool public_only, Role role) {
    Indexes open, hidden, for_readers;
    for (const std::uint32_t index : selected) {
        const unsigned permissions = permissions_of(index);
        const bool is_open = permissions & public_read;
        (is_open ? open : hidden).insert(index);
        if (is_open || permissions & admin_read) for_readers.insert(index);
    }
    if (public_only || hidden.empty()) return open.empty() ? Expected{200} : Expected{1, open};
    if (for_readers == open) return {401};
    if (role == Role::nobody) return {402};
    return role == Role::reader ? Expected{1, for_readers} : Expected{401};
}

/// Nobody writes without proof, and nobody but administrators, who may write what is writable for
/// them or for all. (RFC 3651 would let anybody write the latter; here every change has somebody
/// who answers for it.)
std::uint32_t expected_writing(unsigned permissions, Role role) {
    if (role == Role::nobody) return 402;
    const bool writable = permissions & (admin_write | public_write);
    return role == Role::writer && writable ? 1 : 401;
}

Value value_with(unsigned permissions, std::string text) {
    Value value =
        test::open_value(index_of(permissions), "NOTE." + std::to_string(permissions), text);
    value.permissions = static_cast<std::uint8_t>(permissions);
    return value;
}

std::string make_records() {
    protocol::Record record{handle, {}};
    for (unsigned permissions = 0; permissions < 16; ++permissions)
        record.values.push_back(value_with(permissions, "before"));
    const auto writing = static_cast<std::uint16_t>(bit::all & ~bit::authorized_read);
    for (const auto& [index, data] :
         {std::pair{100U, grant_data(bit::authorized_read, Who::secret_key)},
          std::pair{101U, grant_data(writing, Who::rsa_key)}}) {
        record.values.push_back(test::open_value(index, "HS_ADMIN", data));
        record.values.back().permissions = 0;  // it grants, whoever may see it
    }
    std::string text;
    protocol::JsonWriter writer{text, protocol::JsonWriter::Style::compact};
    write_record(writer, record);
    return text + '\n' + identity_records();
}

class ValuePermissions : public ::testing::TestWithParam<By> {
protected:
    void SetUp() override {
        for (const char* const prefix : {"88.1", "88.2"}) node_.home(prefix);
        node_.import(make_records());
        node_.write_config(unlimited_proofs);
        node_.start();
    }
    Requester requester(Role role) { return {identity_of(who_plays(role)), GetParam(), node_}; }

    void note(Role role, const std::string& what, const std::string& expected,
              const std::string& answered) {
        if (expected != answered)
            failures_.push_back(what + ", by " + name_of(role) + ", by " +
                                end_to_end::name_of(GetParam()) + ": expected " + expected +
                                ", answered " + answered);
    }

    void read(Requester& asker, Role role, const Request& question, const Indexes& selected) {
        for (const bool public_only : {true, false}) {
            const std::uint32_t flags =
                public_only ? usual_flags : usual_flags & ~op_flag::public_only;
            const Answer answer = asker.ask(1, encode_body(question), flags);
            Expected answered{answer.code()};
            if (answer.code() == 1)
                for (const Value& value : values_of(answer)) answered.shown.insert(value.index);
            std::string what = public_only ? "read, public only," : "read";
            for (const std::uint32_t index : question.indexes) what += ' ' + std::to_string(index);
            for (const std::string& type : question.types) what += ' ' + type;
            const auto text = [](const Expected& of) {
                return std::to_string(of.code) + ' ' + ::testing::PrintToString(of.shown);
            };
            note(role, what, text(expected_reading(selected, public_only, role)), text(answered));
        }
    }

    Node node_;
    std::vector<std::string> failures_;
};

Indexes all_indexes() {
    Indexes all;
    for (unsigned permissions = 0; permissions < 16; ++permissions)
        all.insert(index_of(permissions));
    return all;
}

TEST_P(ValuePermissions, SayWhoReadsAValueAloneAndBesideAnother) {
    for (const Role role : roles) {
        Requester reading = requester(role);
        read(reading, role, {.handle = handle}, all_indexes());
        read(reading, role, {.handle = handle, .types = {"note."}}, all_indexes());
        for (const std::uint32_t first : all_indexes()) {
            const std::string type = "NOTE." + std::to_string(permissions_of(first));
            read(reading, role, {.handle = handle, .types = {type}}, {first});
            for (const std::uint32_t second : all_indexes())
                read(reading, role, {.handle = handle, .indexes = {first, second}},
                     {first, second});
        }
    }
    EXPECT_THAT(failures_, IsEmpty());
}

TEST_P(ValuePermissions, SayWhoWritesAValue) {
    for (const Role role : {Role::nobody, Role::reader, Role::stranger, Role::writer}) {
        Requester writing = requester(role);
        for (unsigned permissions = 0; permissions < 16; ++permissions) {
            const std::string expected = std::to_string(expected_writing(permissions, role));
            const std::string which = std::to_string(permissions);
            const auto write = [&](const char* how, std::uint32_t op_code, const std::string& body,
                                   std::uint32_t flags) {
                note(role, how + which, expected,
                     std::to_string(writing.ask(op_code, body, flags).code()));
            };
            write("modify ", 104, values_body(handle, {value_with(permissions, "modified")}),
                  usual_flags);
            write("overwrite ", 102, values_body(handle, {value_with(permissions, "overwritten")}),
                  usual_flags | op_flag::overwrite);
            write("remove ", 103, remove_body(handle, {index_of(permissions)}), usual_flags);
        }
    }
    EXPECT_THAT(failures_, IsEmpty());
}

TEST_P(ValuePermissions, KeepAValueAlsoFromRequestsThatNameOthersToo) {
    Requester writing = requester(Role::writer);
    const auto code = [&](std::uint32_t op_code, const std::string& body) {
        return writing.ask(op_code, body, usual_flags).code();
    };
    const unsigned free = admin_write | public_read;
    const unsigned kept = public_read;
    EXPECT_EQ(code(103, remove_body(handle, {index_of(free), index_of(kept)})), 401U);
    EXPECT_EQ(code(104, values_body(handle, {value_with(free, "x"), value_with(kept, "x")})), 401U);
    const Answer answer =
        writing.ask(1, encode_body({.handle = handle, .indexes = {index_of(free)}}), usual_flags);
    ASSERT_EQ(answer.code(), 1U);
    EXPECT_EQ(values_of(answer).at(0).data, "before");
    // Deleting asks for another permission, and not for those of the values.
    EXPECT_EQ(code(101, handle_body(handle)), 1U);
}

INSTANTIATE_TEST_SUITE_P(By, ValuePermissions, testing::ValuesIn(all_ways),
                         [](const auto& way) { return word_for(way.param); });

}  // namespace
}  // namespace idnode::end_to_end
