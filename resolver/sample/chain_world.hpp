#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json/json_writer.hpp"
#include "resolver/sample/genealogy.hpp"

namespace idnode::resolver {

/// A thing of a chain, or a lot of things.
struct ChainItem {
    std::string id;       ///< a URI, as the first event that names it spells it
    std::string alias{};  ///< as later ones do; empty: likewise
    Genealogy::Thing thing = 0;
};

/// Some of a lot, or a whole thing, where no amount is stated.
struct Portion {
    const ChainItem& item;
    std::uint32_t amount = 0;
    std::string_view unit{};  ///< UN/CEFACT code; empty: pieces
};

/// When and where something happens, and what of business it is.
struct Happening {
    std::int64_t time = 0;  ///< milliseconds since 1970
    std::string_view step;
    std::string_view place{};  ///< a URI
};

/// How one thing is in another: packed, or built in.
enum class Bond { packed, built_in };

/// What happens in a chain: each call becomes an event, written in EPCIS documents, one a line, and
/// is told to the genealogy, where there is one.
class ChainWorld {
public:
    using Sink = std::function<void(std::string_view)>;

    ChainWorld(std::uint64_t seed, Sink sink, Genealogy* genealogy)
        : seed_{seed}, sink_{std::move(sink)}, genealogy_{genealogy} {}

    /// How many edges were made so far.
    std::uint64_t edge_count() const noexcept { return edges_; }

    enum class Notable : bool { no, yes };
    ChainItem item(std::string id, Notable notable = Notable::no, std::string alias = {});

    using WriteFields = std::function<void(protocol::JsonWriter&)>;
    /// Things come to be: all of one lot, if there is one; with master data, if there are some.
    void commission(const Happening& happening, std::span<const ChainItem> items,
                    const ChainItem* lot = nullptr, const WriteFields& master_data = {});
    void transform(const Happening& happening, std::span<const Portion> inputs,
                   std::span<const Portion> outputs);
    /// The same, told by two events that only a transformationID joins.
    void transform_in_steps(const Happening& begin, std::span<const Portion> inputs,
                            const Happening& end, std::span<const Portion> outputs);
    void put_in(const Happening& happening, Bond bond, std::span<const ChainItem> children,
                const ChainItem& parent);
    void take_out(const Happening& happening, Bond bond, std::span<const ChainItem> children,
                  const ChainItem& parent);
    /// Takes out whatever is in it, by an event that names none of it.
    void empty(const Happening& happening, Bond bond, const ChainItem& parent);
    /// Says that things were put where they never were, and takes it back.
    void put_in_by_mistake(const Happening& happening, Bond bond,
                           std::span<const ChainItem> children, const ChainItem& parent);
    /// Things leave for somewhere, or come from there.
    void ship(const Happening& happening, std::span<const ChainItem> items,
              std::string_view destination);
    void receive(const Happening& happening, std::span<const ChainItem> items,
                 std::string_view source);

    /// Writes what is left.
    void finish();

private:
    using Writer = protocol::JsonWriter;

    Writer begin(std::string_view type, std::string_view action, const Happening& happening);
    void end(Writer& writer);
    void write_items(Writer& writer, std::string_view name, std::span<const ChainItem> items,
                     bool first) const;
    static void write_portions(Writer& writer, std::string_view stem,
                               std::span<const Portion> portions);
    void write_content(const Happening& happening, Bond bond, std::string_view action,
                       std::span<const ChainItem> children, const ChainItem& parent,
                       bool declared_wrong = false);
    void move(const Happening& happening, std::span<const ChainItem> items, std::string_view list,
              std::string_view end, std::string_view other);
    void tell_made(std::span<const Portion> inputs, std::span<const Portion> outputs,
                   std::int64_t time);
    /// As a URN, of the event that is next.
    std::string uuid(std::uint64_t kind) const;

    const std::uint64_t seed_;
    const Sink sink_;
    Genealogy* const genealogy_;
    std::string events_;  ///< of the document that is being written, with commas between
    std::uint64_t events_in_document_ = 0;
    std::uint64_t next_event_ = 0;
    std::uint64_t edges_ = 0;
};

}  // namespace idnode::resolver
