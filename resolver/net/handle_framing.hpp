#pragma once

#include "resolver/admin/pool.hpp"
#include "resolver/config.hpp"
#include "resolver/net/framing.hpp"
#include "resolver/service.hpp"

namespace idnode::resolver {

/// Handle messages on a stream stand back to back, each as long as its envelope says
/// (RFC 3652 §2.3). Connections stay open; answers come in the order of the requests.
class HandleFraming final : public Framing {
public:
    /// There is a pool if the service leaves anything to it.
    HandleFraming(Service& service, const Config& config, admin::Pool* pool = nullptr,
                  bool encrypted = false)
        : service_{service}, config_{config}, pool_{pool}, encrypted_{encrypted} {}

    std::size_t foresee(protocol::Bytes in, registry::HandleGroup& handles) const override;
    Progress consume(registry::Lookup& lookup, protocol::Bytes in, OutBuffer& out) override;
    bool complete(const std::vector<std::string>& answers, OutBuffer& out) override;
    registry::Transport transport() const noexcept override {
        return encrypted_ ? registry::Transport::tls : registry::Transport::tcp;
    }
    std::uint32_t idle_timeout_seconds() const noexcept override {
        return config_.tcp_idle_timeout_seconds;
    }

private:
    Service& service_;
    const Config& config_;
    admin::Pool* const pool_;
    const bool encrypted_;
};

}  // namespace idnode::resolver
