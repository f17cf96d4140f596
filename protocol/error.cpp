#include "protocol/error.hpp"

#include <stdexcept>

namespace idnode::protocol {
namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "idnode.protocol"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::truncated: return "message ends too early";
            case errc::trailing_bytes: return "bytes left over";
            case errc::bad_length: return "length field does not fit the message";
            case errc::bad_count: return "count field does not fit the message";
            case errc::bad_utf8: return "text is not UTF-8";
            case errc::bad_value: return "field holds a value outside its range";
            case errc::too_long: return "message or field is too long";
            case errc::too_many: return "too many elements";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& error_category() noexcept {
    static const Category category;
    return category;
}

void throw_exception_from_error(const FormatError& error, const boost::source_location&) {
    throw std::logic_error{"a parsed value was taken where there was none: " + error.message()};
}

}  // namespace idnode::protocol
