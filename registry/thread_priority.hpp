#pragma once

namespace idnode::registry {

/// Lets threads that answer look-ups go before this one where both want one processor: for threads
/// whose work others wait for in milliseconds anyway. It still gets about a third of what a busy
/// one gets, so that look-ups never stop changes.
void stand_back() noexcept;

}  // namespace idnode::registry
