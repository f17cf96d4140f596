#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace idnode::resolver {

/// Path and query of a request, percent-decoded once. Octets outside ASCII are taken as they are,
/// since clients send handles that way. Reused from request to request.
class RequestTarget {
public:
    /// False when the target is no path, or a '%' is not followed by two hex digits.
    bool parse(std::string_view target);

    std::string_view path() const noexcept { return path_; }

    /// Whether the parameter is there, with or without a value.
    bool has(std::string_view name) const noexcept;
    /// Whether it is there and does not say "false".
    bool is_set(std::string_view name) const noexcept {
        return has(name) && value(name) != "false";
    }
    /// The first value of a parameter; empty when it is absent.
    std::string_view value(std::string_view name) const noexcept;

    struct Parameter {
        std::string name;
        std::string value;
    };
    const std::vector<Parameter>& parameters() const noexcept { return parameters_; }

    /// Puts another path in the place of the one that came.
    void set_path(std::string path) { path_ = std::move(path); }

    /// Adds a parameter that came by another way.
    void add(std::string name, std::string value) {
        parameters_.push_back({std::move(name), std::move(value)});
    }

private:
    std::string path_;
    std::vector<Parameter> parameters_;
};

/// Reads a whole number of the query; left alone when it is absent. False when it is none, or more
/// than `most`.
template <class Number>
bool read_number(const RequestTarget& target, std::string_view name, Number most, Number& number) {
    if (!target.has(name)) return true;
    const std::string_view text = target.value(name);
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    return wrong == std::errc{} && end == text.data() + text.size() && number <= most;
}

}  // namespace idnode::resolver
