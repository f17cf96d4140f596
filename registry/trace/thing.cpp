#include "registry/trace/thing.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire_string.hpp"
#include "registry/store.hpp"
#include "registry/trace/thing_codec.hpp"

namespace idnode::registry::trace {
namespace {

using protocol::bytes_of;
using protocol::Scheme;
using protocol::WireReader;
using protocol::WireString;

constexpr ThingGroup first_group_of_prefix = 16;
constexpr std::size_t prefix_size_max = 255;
constexpr std::uint8_t scheme_of_texts = 0;
constexpr std::uint8_t flag_named = 1;

/// Where the next number of a group of handles stands among the groups.
constexpr std::string_view next_group_key = "\xff";

std::string number_value(std::uint64_t number, bool named) {
    return number_octets(number) + static_cast<char>(named ? flag_named : 0);
}

/// What normalised forms a thing has is found out here, once, and not for each answer.
std::string name_value(const std::string& canonical, Thing number, std::string_view spelled) {
    const ThingGroup group = group_of(number);
    const auto scheme =
        group >= first_group_of_prefix ? Scheme::handle : static_cast<Scheme>(group);
    const auto elements =
        protocol::element_string_of({.scheme = scheme, .canonical = canonical, .classes = {}});
    return thing_value({.scheme = scheme,
                        .canonical = canonical,
                        .spelled = spelled,
                        .elements = elements ? std::string_view{*elements} : std::string_view{}});
}

std::string key_of_texts() { return std::string(1, static_cast<char>(scheme_of_texts)); }

}  // namespace

std::string node_key(std::string_view canonical) {
    std::string key{canonical};
    std::ranges::replace(key, '\0', ' ');
    if (key.size() <= node_key_size_max) return key;
    const XXH128_hash_t hash = XXH3_128bits(canonical.data(), canonical.size());
    std::array<std::byte, 16> octets;
    protocol::store_big(octets.data(), hash.high64);
    protocol::store_big(octets.data() + 8, hash.low64);
    key.resize(node_key_size_max - 33);
    key += '#';
    constexpr std::string_view digits = "0123456789abcdef";
    for (const std::byte octet : octets) {
        key += digits[std::to_integer<std::size_t>(octet) >> 4];
        key += digits[std::to_integer<std::size_t>(octet) & 15];
    }
    return key;
}

std::optional<GroupEntry> read_group(std::string_view value) {
    WireReader reader{bytes_of(value)};
    GroupEntry group;
    group.number = reader.integer<std::uint32_t>();
    group.next = reader.integer<std::uint64_t>();
    if (reader.end()) return std::nullopt;
    return group;
}

std::string number_octets(std::uint64_t number) {
    std::array<std::byte, sizeof(number)> octets;
    protocol::store_big(octets.data(), number);
    return std::string{protocol::text_of(octets)};
}

std::uint64_t number_in(std::string_view octets) {
    return protocol::load_big<std::uint64_t>(bytes_of(octets).data());
}

// thing := scheme 1, canonical, spelled, element string
std::string thing_value(const ThingView& thing) {
    WireString value;
    value.integer(static_cast<std::uint8_t>(thing.scheme));
    value.text(thing.canonical);
    value.text(thing.spelled);
    value.text(thing.elements);
    return value.take();
}

std::optional<ThingView> read_thing(std::string_view value) {
    WireReader reader{bytes_of(value)};
    ThingView thing;
    thing.scheme = static_cast<Scheme>(reader.integer<std::uint8_t>());
    thing.canonical = reader.text();
    thing.spelled = reader.text();
    thing.elements = reader.text();
    if (reader.end()) return std::nullopt;
    return thing;
}

std::optional<NumberEntry> read_number(std::string_view value) {
    if (value.size() != sizeof(std::uint64_t) + 1) return std::nullopt;
    return NumberEntry{number_in(value), (value.back() & flag_named) != 0};
}

std::string text_key(std::string_view text) { return std::string(1, '\0') + node_key(text); }

std::optional<Thing> find_thing(const Snapshot& snapshot, std::string_view canonical) {
    const auto stored = find_entry(snapshot, Area::things, node_key(canonical));
    const auto found = stored ? read_number(*stored) : std::nullopt;
    return found ? std::optional{found->number} : std::nullopt;
}

std::optional<ThingView> find_thing(const Snapshot& snapshot, Thing thing) {
    const auto stored = find_entry(snapshot, Area::thing_names, number_octets(thing));
    return stored ? read_thing(*stored) : std::nullopt;
}

std::string_view find_text(const Snapshot& snapshot, TextNumber text) {
    const auto found = text == no_text ? std::nullopt : find_thing(snapshot, text);
    return found ? found->canonical : std::string_view{};
}

std::optional<std::string_view> find_name(const Snapshot& snapshot, std::string_view canonical) {
    const auto number = find_thing(snapshot, canonical);
    const auto thing = number ? find_thing(snapshot, *number) : std::nullopt;
    if (!thing || thing->spelled.empty()) return std::nullopt;
    return thing->spelled;
}

Thing Numbering::thing(std::string_view canonical) { return known(canonical).number; }

Thing Numbering::thing(std::string_view canonical, std::string_view spelled) {
    Known& found = known(canonical);
    if (!found.named) {
        found.named = found.changed = true;
        found.spelled = spelled;
    }
    return found.number;
}

Numbering::Known& Numbering::known(std::string_view canonical) {
    const auto [place, fresh] = things_.try_emplace(std::string{canonical});
    Known& found = place->second;
    if (!fresh) return found;
    const auto stored = view_.entry(Area::things, node_key(canonical));
    if (const auto entry = stored ? read_number(*stored) : std::nullopt) {
        found.number = entry->number;
        found.named = entry->named;
        return found;
    }
    found.changed = true;
    Group& home = group(protocol::identify(canonical).scheme, canonical);
    if (home.next > thing_serial_max)
        throw StoreError{StoreError::Kind::fault, "there are no more numbers for things"};
    found.number = make_thing(home.number, home.next++);
    home.changed = true;
    return found;
}

/// A scheme is a group, and so is each prefix of handles, as long as there are numbers.
Numbering::Group& Numbering::group(Scheme scheme, std::string_view canonical) {
    std::string key(1, static_cast<char>(scheme));
    const auto of_scheme = static_cast<ThingGroup>(scheme);
    const std::string_view prefix = protocol::prefix_of(canonical);
    if (scheme != Scheme::handle || prefix.size() > prefix_size_max)
        return load_group(key, of_scheme);
    const std::string whole = key + std::string{prefix};
    if (const auto found = groups_.find(whole); found != groups_.end()) return found->second;
    if (!view_.entry(Area::thing_groups, whole)) {
        const ThingGroup made = make_group_number();
        return made == 0 ? load_group(key, handles_of_any_prefix) : load_group(whole, made);
    }
    return load_group(whole, 0);
}

/// A group as it is stored, or else a new one of that number.
Numbering::Group& Numbering::load_group(const std::string& key, ThingGroup number) {
    const auto [place, fresh] = groups_.try_emplace(key);
    if (!fresh) return place->second;
    place->second.number = number;
    const auto stored = view_.entry(Area::thing_groups, key);
    if (!stored) return place->second;
    const auto group = read_group(*stored);
    if (!group) throw StoreError{StoreError::Kind::corrupt, "a group of things cannot be read"};
    place->second.number = group->number;
    place->second.next = group->next;
    return place->second;
}

/// 0 when there are none left.
ThingGroup Numbering::make_group_number() {
    if (next_group_ == 0) {
        const auto stored = view_.entry(Area::thing_groups, next_group_key);
        next_group_ = stored ? number_in(*stored) : first_group_of_prefix;
    }
    if (next_group_ >= group_of_strangers) return 0;
    groups_made_ = true;
    return static_cast<ThingGroup>(next_group_++);
}

TextNumber Numbering::text(std::string_view text) {
    if (text.empty()) return no_text;
    const auto [place, fresh] = texts_.try_emplace(std::string{text});
    if (!fresh) return place->second;
    const auto stored = view_.entry(Area::things, text_key(text));
    if (const auto entry = stored ? read_number(*stored) : std::nullopt)
        return place->second = entry->number;
    Group& home = load_group(key_of_texts(), 0);
    home.changed = true;
    place->second = home.next++;
    new_texts_.emplace_back(place->first, place->second);
    return place->second;
}

void Numbering::finish(std::vector<Change>& changes) {
    const auto begin = static_cast<std::ptrdiff_t>(changes.size());
    for (const auto& [canonical, known] : things_) {
        if (!known.changed) continue;
        changes.emplace_back(
            PutEntry{Area::things, node_key(canonical), number_value(known.number, known.named)});
        changes.emplace_back(PutEntry{Area::thing_names, number_octets(known.number),
                                      name_value(canonical, known.number, known.spelled)});
    }
    for (const auto& [text, number] : new_texts_) {
        changes.emplace_back(PutEntry{Area::things, text_key(text), number_value(number, false)});
        changes.emplace_back(
            PutEntry{Area::thing_names, number_octets(number), thing_value({.canonical = text})});
    }
    std::sort(changes.begin() + begin, changes.end(), [](const Change& one, const Change& other) {
        const auto& left = std::get<PutEntry>(one);
        const auto& right = std::get<PutEntry>(other);
        return std::tie(left.area, left.key) < std::tie(right.area, right.key);
    });
    for (const auto& [key, group] : groups_) {
        if (!group.changed) continue;
        WireString value;
        value.integer(std::uint32_t{group.number});
        value.integer(group.next);
        changes.emplace_back(PutEntry{Area::thing_groups, key, value.take()});
    }
    if (groups_made_)
        changes.emplace_back(
            PutEntry{Area::thing_groups, std::string{next_group_key}, number_octets(next_group_)});
}

}  // namespace idnode::registry::trace
