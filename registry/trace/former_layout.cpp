#include "registry/trace/former_layout.hpp"

#include <xxhash.h>

#include <boost/json/parse.hpp>
#include <unordered_map>

#include "protocol/schemes/identifier.hpp"
#include "registry/trace/event_codec.hpp"
#include "registry/trace/fact_writer.hpp"

namespace idnode::registry::trace {
namespace {

using protocol::bytes_of;
using protocol::text_of;
using protocol::WireReader;

// The areas of format 2.
constexpr char former_events = 16;
constexpr char former_edges = 18;
constexpr char former_edge_ends = 22;
constexpr char former_names = 24;
constexpr char former_transformations = 25;

constexpr std::size_t entries_at_once = 50'000;

// former fact := type 1, fact 1, time 8, has quantity 1, quantity 8, from, to, unit, event
std::optional<EdgeFact> read_former_fact(std::string_view value) {
    WireReader reader{bytes_of(value)};
    EdgeFact fact;
    fact.type = static_cast<EdgeType>(reader.integer<std::uint8_t>());
    fact.fact = static_cast<Fact>(reader.integer<std::uint8_t>());
    fact.time = static_cast<std::int64_t>(reader.integer<std::uint64_t>());
    const bool has_quantity = reader.integer<std::uint8_t>() != 0;
    const auto quantity = std::bit_cast<double>(reader.integer<std::uint64_t>());
    if (has_quantity) fact.quantity = quantity;
    fact.from = reader.text();
    fact.to = reader.text();
    fact.unit = reader.text();
    fact.event = reader.text();
    if (reader.end()) return std::nullopt;
    return fact;
}

/// Takes entries of the former areas out, and puts what they say in, some at a time.
class CarryOver {
public:
    CarryOver(const Store& store, lmdb::WriteTxn& txn)
        : table_{*store.entries()}, txn_{txn}, view_{store, txn, sequence_} {}

    void run() {
        // Names come first, so that things get numbers in the order of their names.
        each_of(former_names, [&](std::string_view, std::string_view spelled) {
            numbering_->thing(protocol::identify(spelled).canonical, spelled);
        });
        each_of(former_edges, [&](std::string_view key, std::string_view value) {
            const auto fact = read_former_fact(value);
            if (fact && key.front() == static_cast<char>(Direction::down))
                facts_->put(in_numbers(*fact));
        });
        each_of(former_edge_ends, [&](auto key, auto value) { carry_end(key, value); });
        each_of(former_transformations, [&](auto key, auto value) { carry_step(key, value); });
        each_of(former_events, [&](auto key, auto value) { carry_event(key, value); });
    }

private:
    template <class Carry>
    void each_of(char area, Carry&& carry) {
        std::vector<std::pair<std::string, std::string>> entries;
        do {
            entries.clear();
            txn_.walk(table_, bytes_of({&area, 1}), [&](const lmdb::Entry& entry) {
                if (text_of(entry.key).front() != area) return false;
                entries.emplace_back(text_of(entry.key), text_of(entry.value));
                return entries.size() < entries_at_once;
            });
            numbering_.emplace(view_);
            facts_.emplace(view_);
            for (const auto& [key, value] : entries) carry(std::string_view{key}.substr(1), value);
            facts_->finish(changes_);
            numbering_->finish(changes_);
            for (const auto& [key, value] : entries) txn_.remove(table_, bytes_of(key));
            apply();
        } while (!entries.empty());
    }

    void apply() {
        for (const Change& change : changes_) {
            if (const auto* const put = std::get_if<PutEntry>(&change))
                txn_.put(table_, bytes_of(make_entry_key(put->area, put->key)),
                         bytes_of(put->value));
            else if (const auto* const removal = std::get_if<RemoveEntry>(&change))
                txn_.remove(table_, bytes_of(make_entry_key(removal->area, removal->key)));
        }
        changes_.clear();
    }

    /// The number of an event by its id; of a declaration it is that of the event it declares wrong
    /// no more, but then nothing is left of that.
    std::uint64_t number_of(const std::string& id) {
        if (id.empty()) return 0;
        const auto [place, fresh] = numbers_.try_emplace(id, 0);
        const auto stored = fresh ? view_.entry(Area::event_ids, node_key(id)) : std::nullopt;
        if (stored) place->second = number_in(*stored);
        return place->second;
    }

    Thing thing_or_none(const std::string& name) {
        return name.empty() ? no_thing : numbering_->thing(name);
    }

    StoredFact in_numbers(const EdgeFact& fact) {
        const bool by_record = fact.type == EdgeType::reference;
        return {.type = fact.type,
                .fact = fact.fact,
                .from = thing_or_none(fact.from),
                .to = thing_or_none(fact.to),
                .time = fact.time,
                .quantity = fact.quantity,
                .unit = numbering_->text(fact.unit),
                .source = by_record ? numbering_->text(fact.event) : number_of(fact.event)};
    }

    /// key: node of what was emptied, 0, type 1, time 8, hash 8; value: the event
    void carry_end(std::string_view key, std::string_view value) {
        const std::size_t end = key.find('\0');
        if (end == key.npos || key.size() != end + 18) return;
        const Thing parent = numbering_->thing(key.substr(0, end));
        changes_.emplace_back(PutEntry{Area::edge_ends,
                                       number_octets(parent) + std::string{key.substr(end + 1, 9)} +
                                           number_octets(number_of(std::string{value})),
                                       {}});
    }

    /// key: node of the transformation, 0, hash 8; value: a fact with one end
    void carry_step(std::string_view key, std::string_view value) {
        const auto step = read_former_fact(value);
        if (!step || key.size() < sizeof(std::uint64_t)) return;
        const std::string octets = whole_fact(in_numbers(*step));
        const std::string stem{key.substr(0, key.size() - sizeof(std::uint64_t))};
        changes_.emplace_back(
            PutEntry{Area::transformations,
                     stem + number_octets(XXH3_64bits(octets.data(), octets.size())), octets});
    }

    // former event := time 8, record time 8, flags 1, actor, json, count 4, former fact*,
    //                 count 4, (type 1, emptied)*, transformation
    void carry_event(std::string_view key, std::string_view value) {
        WireReader reader{bytes_of(value)};
        StoredEvent event;
        EventFacts says;
        event.time = static_cast<std::int64_t>(reader.integer<std::uint64_t>());
        event.record_time = static_cast<std::int64_t>(reader.integer<std::uint64_t>());
        event.declares_error = reader.integer<std::uint8_t>() != 0;
        const std::string_view actor = reader.text();
        event.json = reader.text();
        boost::system::error_code wrong;
        const auto json = boost::json::parse(event.json, wrong);
        if (!wrong && json.is_object())
            if (const auto* const id = json.get_object().if_contains("eventID"))
                if (id->is_string()) event.id = id->get_string();
        for (auto left = reader.count(4); left > 0; --left)
            if (const auto fact = read_former_fact(reader.text())) {
                says.facts.push_back(in_numbers(*fact));
                if (says.facts.back().source != 0) says.facts.back().source = number_in(key);
            }
        for (auto left = reader.count(5); left > 0; --left) {
            const auto type = static_cast<EdgeType>(reader.integer<std::uint8_t>());
            says.ends_all_of.emplace_back(type, numbering_->thing(reader.text()));
        }
        says.transformation = reader.text();
        if (reader.end()) return;
        changes_.emplace_back(
            PutEntry{Area::events, std::string{key}, event_value(event, says, actor)});
    }

    const MDB_dbi table_;
    lmdb::WriteTxn& txn_;
    const std::uint64_t sequence_ = 0;
    const WriteView view_;
    std::vector<Change> changes_;
    std::optional<Numbering> numbering_;                      ///< of these entries
    std::optional<FactWriter> facts_;                         ///< likewise
    std::unordered_map<std::string, std::uint64_t> numbers_;  ///< of events, by their ids
};

}  // namespace

void carry_over(const Store& store, lmdb::WriteTxn& txn) { CarryOver{store, txn}.run(); }

bool has_former_layout(const lmdb::ReadTxn& txn, MDB_dbi entries) {
    for (const char area :
         {former_events, former_edges, former_edge_ends, former_names, former_transformations}) {
        const auto first = txn.first_from(entries, bytes_of({&area, 1}));
        if (first && text_of(first->key).front() == area) return true;
    }
    return false;
}

}  // namespace idnode::registry::trace
