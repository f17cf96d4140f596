#include "resolver/http/proxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/time_text.hpp"
#include "resolver/http/handle_query.hpp"
#include "resolver/http/locations.hpp"

namespace idnode::resolver {
namespace {

using protocol::ResponseCode;
using protocol::ValueView;

constexpr std::string_view html_type = "text/html;charset=utf-8";
constexpr std::string_view xml_type = "text/xml;charset=utf-8";
constexpr std::string_view locations_type = "10320/loc";

/// Fit for text and attributes of HTML and XML alike.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

/// Whether a browser may be sent there: a known scheme, and nothing that could end a header.
bool is_address(std::string_view text) noexcept {
    const bool known = std::ranges::any_of(
        std::array<std::string_view, 3>{"http://", "https://", "ftp://"},
        [&](std::string_view scheme) {
            return protocol::equal_folded(text.substr(0, scheme.size()), scheme);
        });
    return known && std::ranges::none_of(text, [](char c) {
               return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
           });
}

/// A handle as a path: what a path cannot hold is escaped.
std::string path_of(std::string_view handle) {
    std::string path = "/";
    for (const char c : handle) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view{"-._~/:@!$'()*,;="}.find(c) != std::string_view::npos;
        if (plain)
            path += c;
        else
            path += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return path;
}

void write_page(HttpReply& reply, std::string_view title, std::string_view content) {
    reply.content_type = html_type;
    reply.add_header("Content-Security-Policy",
                     "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'");
    reply.body = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\n"
        "<style>body{{font-family:sans-serif;margin:2em}}td,th{{text-align:left;padding:.3em 1em "
        ".3em 0;vertical-align:top}}</style></head>\n<body>\n{}</body></html>\n",
        escaped(title), content);
}

std::string shown_data(const ValueView& value) {
    const std::string_view text = protocol::text_of(value.data);
    if (!protocol::is_utf8(text)) return escaped(protocol::to_hex(text));
    if (is_address(text)) return fmt::format("<a href=\"{0}\">{0}</a>", escaped(text));
    return escaped(text);
}

/// What the question shows of a record, and what is found in it.
struct Shown {
    std::vector<ValueView> values;

    const ValueView* find(std::string_view type) const {
        const auto found = std::ranges::find_if(values, [&](const ValueView& value) {
            return protocol::equal_folded(value.type, type);
        });
        return found == values.end() ? nullptr : &*found;
    }
    const ValueView* find_url() const {
        if (const ValueView* const url = find("URL")) return url;
        const auto found = std::ranges::find_if(values, [](const ValueView& value) {
            return protocol::equal_folded(value.type.substr(0, 4), "URL.");
        });
        return found == values.end() ? nullptr : &*found;
    }
};

void write_values(HttpReply& reply, std::string_view handle, const Shown& shown) {
    std::string rows;
    for (const ValueView& value : shown.values)
        rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", value.index,
                            escaped(value.type), protocol::format_time(value.timestamp),
                            shown_data(value));
    write_page(reply, handle,
               fmt::format("<h1>{}</h1>\n<table><tr><th>Index</th><th>Type</th><th>Timestamp</th>"
                           "<th>Data</th></tr>\n{}</table>\n",
                           escaped(handle), rows));
}

void write_urls(HttpReply& reply, const Shown& shown) {
    reply.content_type = xml_type;
    reply.body = "<locations>\n";
    for (const ValueView& value : shown.values)
        if (protocol::equal_folded(value.type, "URL") ||
            protocol::equal_folded(value.type.substr(0, 4), "URL."))
            reply.body += fmt::format("<location mode=\"legacy\" weight=\"1.0\" href=\"{}\"/>\n",
                                      escaped(protocol::text_of(value.data)));
    reply.body += "</locations>\n";
}

void redirect(HttpReply& reply, unsigned status, const std::string& address) {
    reply.status = status;
    reply.add_header("Location", address);
    reply.content_type = html_type;
    reply.body = fmt::format(
        "<html><head><title>Handle Redirect</title></head>\n<body><a "
        "href=\"{0}\">{0}</a></body></html>",
        escaped(address));
}

struct Choice {
    std::string address;
    unsigned status = 302;
    std::uint32_t ttl = 0;
};

double chance() {
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::uniform_real_distribution<>{0, 1}(random);
}

std::optional<Choice> choose_target(const Shown& shown, const RequestTarget& target) {
    std::optional<Choice> choice;
    if (const ValueView* const value = shown.find(locations_type)) {
        const auto locations = parse_locations(protocol::text_of(value->data));
        if (locations)
            if (const Location* const chosen = choose(*locations, target.value("locatt"), chance()))
                choice = {chosen->href, chosen->status, value->ttl};
    }
    if (!choice)
        if (const ValueView* const url = shown.find_url())
            choice = {std::string{protocol::text_of(url->data)}, 302, url->ttl};
    if (choice) choice->address += target.value("urlappend");
    if (!choice || !is_address(choice->address)) return std::nullopt;
    return choice;
}

void write_absent(HttpReply& reply, std::string_view handle, const Resolution& resolution) {
    reply.status = resolution.code == ResponseCode::invalid_handle ? 400 : 404;
    const std::string_view why = resolution.delegation ? "Another node answers for it."
                                 : resolution.code == ResponseCode::server_not_responsible
                                     ? "This node does not answer for "
                                       "its prefix."
                                     : "It does not exist.";
    write_page(reply, "Not Found",
               fmt::format("<h1>Not Found</h1>\n<p>The handle <b>{}</b> cannot be shown. {}</p>\n",
                           escaped(handle), why));
}

}  // namespace

std::string http_date(std::uint32_t seconds) {
    constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    using namespace std::chrono;
    const sys_days day{std::chrono::days{seconds / 86'400}};
    const year_month_day date{day};
    const unsigned rest = seconds % 86'400;
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[weekday{day}.c_encoding()],
                       static_cast<unsigned>(date.day()),
                       months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), rest / 3600, rest / 60 % 60, rest % 60);
}

void answer_proxy(HttpReply& reply, registry::Lookup& lookup, const RequestTarget& target,
                  Service& service) {
    const std::string_view handle = target.path().substr(1);
    if (!protocol::is_utf8(handle)) return write_absent(reply, "", {});
    HandleQuery query;
    if (const auto fault = query.read(target)) {
        reply.status = 400;
        return write_page(reply, "Bad Request", "<p>" + escaped(*fault) + "</p>\n");
    }
    const Resolution resolution =
        resolve(lookup, {.handle = handle, .filter = {}, .public_only = true});
    service.tally().count(resolution.prefix, is_answered(resolution));
    if (!resolution.record) return write_absent(reply, handle, resolution);
    Shown all;
    Shown shown;
    resolution.record->public_values().for_each([&](const ValueView& value) {
        all.values.push_back(value);
        if (query.filter().selects(value)) shown.values.push_back(value);
    });
    const std::string_view action = target.value("action");
    if (action == "showurls") return write_urls(reply, shown);
    if (target.has("noredirect") || action == "showvalues" || action == "metadata")
        return write_values(reply, handle, shown);
    if (const ValueView* const alias = all.find(protocol::value_type::hs_alias);
        alias && !target.is_set("ignore_aliases") &&
        protocol::is_utf8(protocol::text_of(alias->data)))
        return redirect(reply, 301, path_of(protocol::text_of(alias->data)));
    const auto choice = choose_target(shown, target);
    if (!choice) return write_values(reply, handle, shown);
    reply.add_header("Expires", http_date(service.now() + std::min(choice->ttl, 31'536'000U)));
    reply.add_header("Vary", "Accept");
    redirect(reply, choice->status, choice->address);
}

void answer_front_page(HttpReply& reply) {
    write_page(reply, "idnode",
               "<h1>idnode</h1>\n<p>Resolve an identifier (标识解析):</p>\n"
               "<form action=\"/\" method=\"get\"><input name=\"hdl\" size=\"60\" autofocus> "
               "<label><input type=\"checkbox\" name=\"noredirect\"> do not redirect</label> "
               "<button>Resolve</button></form>\n");
}

}  // namespace idnode::resolver
