#include "resolver/auth/error.hpp"

#include <string>

namespace idnode::resolver::auth {
namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "idnode.auth"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::malformed: return "octets are not in the form that they claim";
            case errc::unknown_algorithm: return "algorithm is not known";
            case errc::weak_algorithm: return "algorithm is too weak";
            case errc::unfit_key: return "key or group is not accepted";
            case errc::too_costly: return "would take too long to compute";
            case errc::wrong_signature: return "does not come from the key";
            case errc::replayed: return "session counter was seen before";
            case errc::unknown_session: return "session or challenge is not known";
            case errc::unanswered: return "node that holds the key has not confirmed it";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& error_category() noexcept {
    static const Category category;
    return category;
}

}  // namespace idnode::resolver::auth
