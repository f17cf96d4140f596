#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/schemes/identifier.hpp"
#include "registry/entries.hpp"
#include "registry/writer.hpp"

namespace idnode::registry::trace {

/// The number by which this registry, and no other, knows a thing that events or references have
/// named: its group, and which one of the group it is (FORMAT.md, "Thing"). A thing keeps it.
using Thing = std::uint64_t;
inline constexpr Thing no_thing = 0;

/// Likewise of a text that stands in edges: a unit, or the handle of a record that refers.
using TextNumber = std::uint64_t;
inline constexpr TextNumber no_text = 0;

/// What the things of a group have in common: their scheme, and the prefix of handles.
using ThingGroup = std::uint32_t;
inline constexpr unsigned thing_serial_bits = 40;
inline constexpr std::uint64_t thing_serial_max = (std::uint64_t{1} << thing_serial_bits) - 1;
inline constexpr ThingGroup thing_group_max = 0xffffff;
/// Texts have numbers like things.
inline constexpr ThingGroup group_of_texts = 0;
/// Handles that no group of their own was made for: they share no prefix.
inline constexpr ThingGroup handles_of_any_prefix = 1;
/// The group of things that have no number in the registry; whoever names some within one answer
/// counts them there.
inline constexpr ThingGroup group_of_strangers = thing_group_max;

constexpr ThingGroup group_of(Thing thing) noexcept {
    return static_cast<ThingGroup>(thing >> thing_serial_bits);
}
constexpr Thing make_thing(ThingGroup group, std::uint64_t serial) noexcept {
    return Thing{group} << thing_serial_bits | serial;
}

/// What is kept of a thing. Lives as long as what it came from.
struct ThingView {
    protocol::Scheme scheme = protocol::Scheme::uri;
    std::string_view canonical{};
    std::string_view spelled{};   ///< by the first event that has named it; empty: none has
    std::string_view elements{};  ///< the element string of a GS1 key; empty: it has none
};

/// The longest part of a key that names a thing; a longer identifier is shortened and hashed.
inline constexpr std::size_t node_key_size_max = 160;
std::string node_key(std::string_view canonical);

std::optional<Thing> find_thing(const Snapshot& snapshot, std::string_view canonical);
std::optional<ThingView> find_thing(const Snapshot& snapshot, Thing thing);
/// A text by its number; empty where there is none.
std::string_view find_text(const Snapshot& snapshot, TextNumber text);
/// How the first event that named a thing has spelled it; nothing where none did.
std::optional<std::string_view> find_name(const Snapshot& snapshot, std::string_view canonical);

/// Gives numbers inside a transaction. What was given is in the changes after `finish` alone.
class Numbering {
public:
    explicit Numbering(const WriteView& view) : view_{view} {}

    /// The number of a thing, which it may get now.
    Thing thing(std::string_view canonical);
    /// The same, with the spelling that it keeps unless it has one already.
    Thing thing(std::string_view canonical, std::string_view spelled);
    /// 0 for the empty text.
    TextNumber text(std::string_view text);

    /// Appends the changes, in key order.
    void finish(std::vector<Change>& changes);

private:
    struct Known {
        std::uint64_t number = 0;
        bool named = false;
        bool changed = false;
        std::string spelled{};
    };
    struct Group {
        ThingGroup number = 0;
        std::uint64_t next = 1;
        bool changed = false;
    };
    Known& known(std::string_view canonical);
    Group& group(protocol::Scheme scheme, std::string_view canonical);
    Group& load_group(const std::string& key, ThingGroup number);
    ThingGroup make_group_number();

    const WriteView& view_;
    std::unordered_map<std::string, Known> things_;  ///< by canonical form
    std::unordered_map<std::string, std::uint64_t> texts_;
    std::vector<std::pair<std::string, std::uint64_t>> new_texts_;
    std::unordered_map<std::string, Group> groups_;  ///< by the key of their entry
    std::uint64_t next_group_ = 0;                   ///< 0: not read yet
    bool groups_made_ = false;
};

}  // namespace idnode::registry::trace
