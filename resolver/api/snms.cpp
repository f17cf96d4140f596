#include "resolver/api/snms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "protocol/handle/handle.hpp"
#include "protocol/json/fields.hpp"
#include "protocol/json/record_json.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::FieldReader;
using protocol::Place;
using protocol::Value;
using protocol::ValueView;

/// What an update has no say about: keys, administrators, and whatever else is no item.
bool is_no_item(const ValueView& value) {
    return value.index != snms_template_index && value.index < snms_item_index_min;
}

/// What a value holds that was given as text, number, truth value or list of texts.
std::optional<std::string> text_in(const boost::json::value& json) {
    if (const auto* const text = json.if_string()) return std::string{*text};
    if (const auto* const number = json.if_double()) return fmt::format("{}", *number);
    if (json.is_number() || json.is_bool()) return boost::json::serialize(json);
    const auto* const list = json.if_array();
    const bool of_texts = list && std::ranges::all_of(*list, [](const boost::json::value& each) {
                              return each.is_string();
                          });
    if (of_texts) return boost::json::serialize(json);
    return std::nullopt;
}

void read_data(FieldReader& fields, const boost::json::value& json, Value& value) {
    if (const auto* const text = json.if_string()) return void(value.data = *text);
    const Place place = fields.place("data");
    FieldReader inside{json, place, {"format", "value"}};
    const auto* const format = inside.find("format");
    const auto* const content = inside.require("value");
    if (inside.failed()) return fields.fail(inside.error());
    if (!format || (format->is_string() && format->get_string() == "string")) {
        if (auto text = text_in(*content))
            value.data = std::move(*text);
        else
            fields.fail("data", "a text, a number, or a list of texts as value", content);
        return;
    }
    auto parsed = protocol::parse_value(
        boost::json::object{{"index", value.index}, {"type", value.type}, {"data", json}});
    if (!parsed) return fields.fail(parsed.error());
    value.data = std::move(parsed->data);
}

protocol::Parsed<Value> read_value(const boost::json::value& json, const Place& where) {
    FieldReader fields{json, where, {"index", "type", "auth", "data", "ttl", "timestamp"}};
    Value value;
    value.index = static_cast<std::uint32_t>(fields.number("index", 1, protocol::index_max));
    value.type = fields.text("type");
    const auto* const auth = fields.find("auth");
    const std::string who = auth && !auth->is_null() ? fields.text_of(*auth, "auth") : "";
    if (who == "0")
        value.permissions = protocol::permission::admin_read | protocol::permission::admin_write;
    else if (!who.empty() && who != "1")
        fields.fail("auth", "\"1\" for everybody or \"0\" for administrators", auth);
    if (const auto* const ttl = fields.find("ttl"))
        value.ttl = static_cast<std::uint32_t>(fields.number_of(*ttl, "ttl", 0, 0xffffffff));
    if (const auto* const data = fields.require("data")) read_data(fields, *data, value);
    const bool at_template = value.index == snms_template_index;
    if (at_template != protocol::equal_folded(value.type, snms_template_type))
        fields.fail("type", "TEMPLATE at the index 1001, and nowhere else", fields.find("type"));
    if (fields.failed()) return fields.error();
    return value;
}

void read_values(FieldReader& fields, std::vector<Value>& values) {
    const auto* const json = fields.require("value");
    const auto* const list = json ? json->if_array() : nullptr;
    if (json && !list) return fields.fail("value", "a list of values", json);
    for (std::size_t at = 0; list && at < list->size() && !fields.failed(); ++at) {
        auto value = read_value((*list)[at], fields.place("value", at));
        if (!value) return fields.fail(value.error());
        values.push_back(std::move(*value));
    }
}

/// The template stands in a field of its own, or as a value, or as both when they agree.
void read_template(FieldReader& fields, std::vector<Value>& values) {
    const auto* const field = fields.find("templateVersion");
    if (!field || field->is_null()) return;
    const std::string version = fields.text_of(*field, "templateVersion");
    if (version.empty()) return;
    const auto present = std::ranges::find(values, snms_template_index, &Value::index);
    if (present == values.end())
        values.insert(values.begin(), Value{.index = snms_template_index,
                                            .type = std::string{snms_template_type},
                                            .data = version,
                                            .references = {}});
    else if (present->data != version)
        fields.fail("templateVersion", "what the value at the index 1001 says", field);
}

std::optional<std::string> find_size_fault(std::string_view handle) {
    const auto longer = [](std::string_view what, std::size_t most, std::size_t found) {
        return "handle: expected " + std::string{what} + " of at most " + std::to_string(most) +
               " octets, found " + std::to_string(found);
    };
    if (handle.size() > snms_handle_size_max)
        return longer("one", snms_handle_size_max, handle.size());
    const std::size_t prefix = protocol::prefix_of(handle).size();
    if (prefix > snms_prefix_size_max) return longer("a prefix", snms_prefix_size_max, prefix);
    return std::nullopt;
}

Fault row_fault(const std::string& sentence) {
    return {.message = sentence, .field = sentence.substr(0, sentence.find(':'))};
}

/// What kind of error it is.
std::string_view kind_of(const Fault& fault) {
    if (fault.code == protocol::ResponseCode::server_not_responsible) return "前缀不由本节点管理";
    switch (fault.status) {
        case 401: return "未登录或登录已失效";
        case 403: return "没有权限";
        case 404: return fault.title.empty() ? "标识不存在" : "接口不存在";
        case 405: return "不支持的请求方法";
        case 409: return "标识已存在";
        case 412: return "数据已被修改";
        case 413: return "数据量超过限制";
        case 429: return "请求过于频繁";
        case 503: return "系统繁忙";
        default: return fault.status >= 500 ? "系统内部错误" : "参数错误";
    }
}

}  // namespace

BatchRow read_snms_row(const boost::json::value& json, std::uint64_t number, SnmsVerb verb) {
    BatchRow row{.number = number};
    const Place place{};
    FieldReader fields{json, place, {"handle", "templateVersion", "value", "prefix", "code"}};
    row.handle = fields.text("handle");
    std::vector<Value> values;
    if (!fields.failed()) read_values(fields, values);
    if (!fields.failed()) read_template(fields, values);
    if (fields.failed()) {
        row.fault = row_fault(fields.error().message());
        return row;
    }
    if (const auto fault = find_size_fault(row.handle)) {
        row.fault = row_fault(*fault);
        return row;
    }
    protocol::Record record{.handle = row.handle, .values = std::move(values)};
    if (const auto fault = protocol::find_record_fault(record)) {
        row.fault = row_fault(fault->message());
        return row;
    }
    row.record.emplace(record);
    row.must_be_new = verb == SnmsVerb::create;
    row.must_exist = verb == SnmsVerb::update;
    if (verb == SnmsVerb::update) row.is_kept = is_no_item;
    row.values = std::move(record.values);
    return row;
}

BatchRow make_snms_deletion(std::string handle, std::uint64_t number) {
    BatchRow row{.number = number, .handle = std::move(handle)};
    if (const auto fault = protocol::find_handle_fault(row.handle))
        row.fault = row_fault("handle: " + fault->message());
    return row;
}

void write_snms_detail(protocol::JsonWriter& writer, const registry::RecordView& record,
                       const std::function<bool(const ValueView&)>& shows) {
    const std::string_view handle = record.handle();
    writer.begin_object().key("code").string("200");
    writer.key("prefix").string(protocol::prefix_of(handle)).key("handle").string(handle);
    record.for_each_value([&](const ValueView& value) {
        const std::string_view data = protocol::text_of(value.data);
        if (value.index == snms_template_index && shows(value) && protocol::is_utf8(data))
            writer.key("templateVersion").string(data);
    });
    writer.key("value").begin_array();
    record.for_each_value([&](const ValueView& value) {
        if (!shows(value)) return;
        writer.begin_object().key("data");
        write_data(writer, value, protocol::DataStyle::readable);
        writer.key("auth").string(value.publicly_readable() ? "1" : "0");
        writer.key("index").number(value.index).key("type").string(value.type).end_object();
    });
    writer.end_array().end_object();
}

int snms_status(const Fault& fault) noexcept {
    if (fault.status == 401) return -1;
    if (fault.code == protocol::ResponseCode::server_not_responsible) return -2;
    if (fault.status == 403) return -3;
    return fault.status >= 500 ? -4 : -2;
}

std::string snms_message(const Fault& fault) {
    const bool in_chinese = !fault.message.empty() && (fault.message.front() & 0x80) != 0;
    if (in_chinese) return fault.message;
    std::string message{kind_of(fault)};
    const bool says_more = !fault.message.empty() && fault.status != 409 && fault.status != 404;
    if (says_more) message.append("：").append(fault.message);
    return message;
}

std::string snms_refusal(const Fault& fault) {
    std::string body = R"({"message":)";
    protocol::JsonWriter{body}.string(snms_message(fault));
    return body.append(R"(,"status":)").append(std::to_string(snms_status(fault))).append("}");
}

}  // namespace idnode::resolver::api
