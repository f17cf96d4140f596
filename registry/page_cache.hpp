#pragma once

#include <cstdint>

#include "protocol/bytes.hpp"

/// What the system keeps in memory of the mapped store. Reading a page that it does not keep stops
/// the thread until the disk has delivered it; whoever must not be stopped asks here first.
namespace idnode::registry::page_cache {

/// Whether all pages that the octets touch are in memory. A page may leave at any time, so "yes"
/// is a good guess and no promise. Costs a call of the system.
bool holds(protocol::Bytes octets) noexcept;

/// Has the system read the pages that the octets touch, without waiting for them.
void ask_for(protocol::Bytes octets) noexcept;

/// How often the calling thread has waited for a page so far.
std::uint64_t waits_of_this_thread() noexcept;

}  // namespace idnode::registry::page_cache
