#pragma once

#include <boost/json.hpp>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/json_schema.hpp"

namespace idnode::test {

/// docs/openapi.json, taken apart.
class OpenApi {
public:
    /// One method of one path. It lives as long as the document.
    struct Operation {
        std::string method;  ///< in capitals
        std::string path;    ///< with its parameters in braces
        const boost::json::object* said = nullptr;
        const boost::json::object* path_item = nullptr;

        std::string name() const { return method + ' ' + path; }
    };

    OpenApi() {
        std::ostringstream text;
        text << std::ifstream{IDNODE_SOURCE_DIR "/docs/openapi.json"}.rdbuf();
        text_ = text.str();
        document_ = boost::json::parse(text_);
        for (const auto& [path, item] : document_.at("paths").as_object())
            for (const auto& [key, operation] : item.as_object())
                if (key != "parameters")
                    operations_.push_back({.method = capitals(key),
                                           .path = std::string{path},
                                           .said = &operation.as_object(),
                                           .path_item = &item.as_object()});
    }
    OpenApi(const OpenApi&) = delete;
    OpenApi& operator=(const OpenApi&) = delete;

    const std::string& text() const noexcept { return text_; }
    const boost::json::value& document() const noexcept { return document_; }
    const std::vector<Operation>& operations() const noexcept { return operations_; }

    const boost::json::value& resolve(const boost::json::value& value) const {
        return SchemaValidator{document_, SchemaValidator::Others::allowed}.resolve(value);
    }

    /// The operation that a request is one of: of several whose paths fit, the one that leaves
    /// least to parameters. A parameter may hold '/', since handles do.
    const Operation* find(std::string_view method, std::string_view path) const {
        const Operation* found = nullptr;
        for (const Operation& each : operations_)
            if (each.method == method && fits(each.path, path) &&
                (!found || literal_size(each.path) > literal_size(found->path)))
                found = &each;
        return found;
    }

    /// What stands in the braces of a path.
    static std::vector<std::string> parameters_in(std::string_view path) {
        std::vector<std::string> names;
        for (auto at = path.find('{'); at != path.npos; at = path.find('{', at + 1))
            names.emplace_back(path.substr(at + 1, path.find('}', at) - at - 1));
        return names;
    }

    /// The path with something in place of each parameter.
    static std::string filled(std::string_view path, std::string_view value) {
        std::string out;
        while (!path.empty()) {
            const std::size_t open = std::min(path.find('{'), path.size());
            out += path.substr(0, open);
            path.remove_prefix(open);
            if (path.empty()) break;
            out += value;
            path.remove_prefix(path.find('}') + 1);
        }
        return out;
    }

private:
    static std::string capitals(std::string_view text) {
        std::string out{text};
        for (char& c : out) c = static_cast<char>(c - 'a' + 'A');
        return out;
    }

    static bool fits(std::string_view pattern, std::string_view path) {
        const std::size_t open = pattern.find('{');
        if (open == pattern.npos) return pattern == path;
        if (path.substr(0, open) != pattern.substr(0, open)) return false;
        const std::string_view rest = pattern.substr(pattern.find('}') + 1);
        for (std::size_t end = open + 1; end <= path.size(); ++end)
            if (fits(rest, path.substr(end))) return true;
        return false;
    }

    static std::size_t literal_size(std::string_view path) { return filled(path, {}).size(); }

    std::string text_;
    boost::json::value document_;
    std::vector<Operation> operations_;
};

}  // namespace idnode::test
