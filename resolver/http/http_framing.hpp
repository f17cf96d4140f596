#pragma once

#include <optional>

#include "resolver/admin/pool.hpp"
#include "resolver/config.hpp"
#include "resolver/http/body_stream.hpp"
#include "resolver/http/http_api.hpp"
#include "resolver/http/http_request.hpp"
#include "resolver/net/framing.hpp"

namespace idnode::resolver {

/// HTTP/1.1 requests on a stream (RFC 9112), kept alive and pipelined. A head is read once it is
/// whole, a body as it comes. Beast parses; what it refuses gets a 4xx answer, and the connection
/// ends, since the next request cannot be found.
class HttpFraming final : public Framing {
public:
    /// There is a pool if the service leaves anything to it.
    HttpFraming(HttpApi& api, Service& service, const Config& config, admin::Pool* pool = nullptr,
                bool encrypted = false)
        : api_{api}, service_{service}, config_{config}, pool_{pool} {
        request_.encrypted = encrypted;
    }

    std::size_t foresee(protocol::Bytes in, registry::HandleGroup& handles) const override;
    Progress consume(registry::Lookup& lookup, protocol::Bytes in, OutBuffer& out) override;
    bool complete(const std::vector<std::string>& answers, OutBuffer& out) override;
    bool hands_on() const noexcept override {
        return pool_ && parser_ && parser_->is_header_done() && is_stream(request_);
    }
    bool hand_on() override;
    registry::Transport transport() const noexcept override {
        return request_.encrypted ? registry::Transport::tunnels : registry::Transport::tunnel;
    }
    void know_peer(std::string certificate) override {
        request_.client_certificate = std::make_shared<const std::string>(std::move(certificate));
    }
    std::size_t held() const noexcept override { return request_.body.size(); }
    bool inside_request() const noexcept override { return parser_.has_value(); }
    std::uint32_t idle_timeout_seconds() const noexcept override {
        return config_.http_idle_timeout_seconds;
    }

private:
    Progress begin_request(protocol::Bytes in, OutBuffer& out);
    Progress continue_request(registry::Lookup& lookup, protocol::Bytes in, OutBuffer& out);
    Progress continue_stream(std::size_t consumed, OutBuffer& out);
    void say_continue(OutBuffer& out);
    Progress answer_request(registry::Lookup& lookup, std::size_t consumed, OutBuffer& out);
    Later leave_to_pool();
    Later next_piece(bool last);
    bool complete_stream(OutBuffer& out);
    bool complete_piece(OutBuffer& out);
    void end_request();
    Progress refuse(std::size_t consumed, const boost::system::error_code& error, OutBuffer& out);
    Progress refuse(std::size_t consumed, unsigned status, std::string_view sentence,
                    OutBuffer& out);
    void write(const HttpReply& reply, bool keep_alive, OutBuffer& out) const;
    void write_head(const HttpReply& reply, bool keep_alive, OutBuffer& out) const;
    void write_chunk(std::string_view octets, OutBuffer& out) const;

    HttpApi& api_;
    Service& service_;
    const Config& config_;
    admin::Pool* const pool_;
    HttpRequest request_;
    std::optional<HttpRequestParser> parser_;  ///< while a request is being read
    bool continued_ = false;                   ///< "100 Continue" was sent for it
    std::shared_ptr<HttpReply> reply_;         ///< what the pool will answer it with
    std::shared_ptr<BodyStream> stream_;       ///< that takes its body
    bool streaming_ = false;                   ///< the head of its answer was written
    bool owes_results_ = false;                ///< what came of the last piece was not waited for
};

}  // namespace idnode::resolver
