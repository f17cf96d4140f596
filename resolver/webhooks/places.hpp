#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace idnode::resolver::webhooks {

/// How many deliveries are under way: a number in all, and a quarter of it (one at least) for one
/// owner and for one host. Used by one thread, and outlives the places that it has given.
class Places {
public:
    explicit Places(std::size_t most) : most_{most} {}

    /// A place that is taken, until it goes.
    class Place {
    public:
        Place(Places& places, std::string owner, std::string host)
            : places_{&places}, owner_{std::move(owner)}, host_{std::move(host)} {}
        Place(Place&& other) noexcept
            : places_{std::exchange(other.places_, nullptr)},
              owner_{std::move(other.owner_)},
              host_{std::move(other.host_)} {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (places_) places_->give_back(owner_, host_);
        }

    private:
        Places* places_;
        std::string owner_;
        std::string host_;
    };

    /// Nothing when there is none for this owner and this host.
    std::optional<Place> take(const std::string& owner, const std::string& host);
    bool full() const noexcept { return taken_ >= most_; }
    std::size_t taken() const noexcept { return taken_; }

private:
    void give_back(const std::string& owner, const std::string& host);

    const std::size_t most_;
    std::size_t taken_ = 0;
    std::map<std::string, std::size_t> owners_;
    std::map<std::string, std::size_t> hosts_;
};

}  // namespace idnode::resolver::webhooks
