#pragma once

#include <cstdint>

#include "registry/lookup.hpp"
#include "resolver/http/http_reply.hpp"
#include "resolver/http/request_target.hpp"
#include "resolver/service.hpp"

namespace idnode::resolver {

/// What browsers get for `GET /HANDLE`, as from the proxies of the Handle System: a redirect to
/// what the record names, or the record as a page.
/// - The target is chosen by a value `10320/loc` if there is one, else it is the first value of
///   type `URL`, else the first of a subtype (`URL.…`); `index` and `type` narrow the values down.
/// - `HS_ALIAS` redirects to the handle that it names, unless `ignore_aliases` is set.
/// - `noredirect`, or `action` with `showvalues`, `showurls` or `metadata`, shows what there is.
/// - `urlappend` is put behind the target; `locatt=KEY:VALUE` chooses among locations.
/// Only addresses of http, https and ftp are redirected to or linked. The service counts it.
void answer_proxy(HttpReply& reply, registry::Lookup& lookup, const RequestTarget& target,
                  Service& service);

/// The page at `/`, on which a handle can be entered.
void answer_front_page(HttpReply& reply);

/// "Mon, 23 Nov 2026 05:53:05 GMT" (RFC 9110 §5.6.7).
std::string http_date(std::uint32_t seconds);

}  // namespace idnode::resolver
