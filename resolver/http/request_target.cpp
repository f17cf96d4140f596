#include "resolver/http/request_target.hpp"

#include <algorithm>

namespace idnode::resolver {
namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// In queries '+' stands for a space (HTML forms); in paths it stands for itself.
enum class Plus { literal, space };

bool decode_percent(std::string_view text, Plus plus, std::string& out) {
    out.assign(text.substr(0, text.find_first_of(plus == Plus::space ? "%+" : "%")));
    for (std::size_t at = out.size(); at < text.size(); ++at) {
        if (text[at] == '%') {
            const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
            const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
            if (high < 0 || low < 0) return false;
            out.push_back(static_cast<char>(high * 16 + low));
            at += 2;
        } else {
            out.push_back(text[at] == '+' && plus == Plus::space ? ' ' : text[at]);
        }
    }
    return true;
}

}  // namespace

bool RequestTarget::parse(std::string_view target) {
    parameters_.clear();
    // Absolute form (RFC 9112 §3.2.2): this node is the only authority that it knows.
    for (const std::string_view scheme : {"http://", "https://"})
        if (target.starts_with(scheme)) {
            target.remove_prefix(std::min(target.find('/', scheme.size()), target.size()));
            break;
        }
    const std::size_t question = target.find('?');
    const std::string_view path = target.substr(0, question);
    if (!path.starts_with('/') || !decode_percent(path, Plus::literal, path_)) return false;
    if (question == std::string_view::npos) return true;
    std::string_view query = target.substr(question + 1);
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        Parameter parameter;
        if (!decode_percent(pair.substr(0, equals), Plus::space, parameter.name) ||
            !decode_percent(pair.substr(std::min(equals + 1, pair.size())), Plus::space,
                            parameter.value))
            return false;
        parameters_.push_back(std::move(parameter));
    }
    return true;
}

bool RequestTarget::has(std::string_view name) const noexcept {
    return std::any_of(parameters_.begin(), parameters_.end(),
                       [&](const Parameter& each) { return each.name == name; });
}

std::string_view RequestTarget::value(std::string_view name) const noexcept {
    const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                    [&](const Parameter& each) { return each.name == name; });
    return found == parameters_.end() ? std::string_view{} : std::string_view{found->value};
}

}  // namespace idnode::resolver
