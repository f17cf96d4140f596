#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>

#include "protocol/epcis/event.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/schemes/identifier.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/trace/trace.hpp"

namespace idnode::resolver {
namespace {

namespace trace = registry::trace;
using protocol::JsonWriter;
using trace::Sight;

constexpr std::string_view resolver_root = "https://id.gs1.org";

/// Writes one answer.
class TraceWriter {
public:
    TraceWriter(std::string& out, registry::Lookup& lookup, const Trace& trace,
                const TracePage& page)
        : writer_{out},
          trace_{trace},
          whole_{trace.nodes.size() <= page.count && page.from == 0},
          begin_{
              static_cast<std::uint32_t>(std::min<std::uint64_t>(page.from, trace.nodes.size()))},
          end_{static_cast<std::uint32_t>(
              begin_ + std::min<std::uint64_t>(page.count, trace.nodes.size() - begin_))},
          names_{lookup, trace.strangers} {
        for (const TraceEdge& edge : trace.edges)
            if (whole_ || is_on_page(edge.from) || is_on_page(edge.to)) edges_.push_back(&edge);
        find_names();
        find_events();
    }

    void write(const TracePage& page, std::int64_t as_of) {
        writer_.begin_object().key("root");
        write_root();
        writer_.key("nodes").begin_array();
        for (std::uint32_t place = begin_; place < end_; ++place)
            write_node(writer_, named_[place], trace_.nodes[place].depth, trace_.nodes[place].sight,
                       trace_.tombstones);
        writer_.end_array().key("edges").begin_array();
        for (std::size_t at = 0; at < edges_.size(); ++at) write_edge(*edges_[at], ids_[at]);
        writer_.end_array();
        write_frontier();
        writer_.key("truncated").boolean(page.truncated);
        if (!page.cursor.empty()) writer_.key("cursor").string(page.cursor);
        writer_.key("asOf").string(protocol::epcis::format_event_time(as_of)).end_object();
    }

private:
    bool is_on_page(std::uint32_t place) const { return place >= begin_ && place < end_; }
    bool is_hidden(std::uint32_t place) const { return trace_.nodes[place].sight == Sight::hidden; }

    /// Of the nodes on the page, and of those at the other ends of its edges.
    void find_names() {
        named_.resize(trace_.nodes.size());
        std::vector<std::uint32_t> places;
        for (std::uint32_t place = begin_; place < end_; ++place) places.push_back(place);
        if (!whole_)
            for (const TraceEdge* edge : edges_)
                for (const std::uint32_t place : {edge->from, edge->to})
                    if (!is_on_page(place)) places.push_back(place);
        std::array<trace::Thing, ThingNames::batch_max> things;
        std::array<NamedThing, ThingNames::batch_max> found;
        for (std::span<const std::uint32_t> left = places; !left.empty();) {
            const std::size_t count = std::min(left.size(), things.size());
            for (std::size_t at = 0; at < count; ++at) things[at] = trace_.nodes[left[at]].thing;
            names_.find(std::span{things}.first(count), found);
            for (std::size_t at = 0; at < count; ++at) named_[left[at]] = found[at];
            left = left.subspan(count);
        }
    }

    /// Edges of one event mostly stand together.
    void find_events() {
        std::vector<std::uint64_t> numbers;
        std::vector<std::size_t> of_edge;
        for (const TraceEdge* edge : edges_) {
            const bool by_event = edge->edge.type != trace::EdgeType::reference;
            const std::uint64_t number = by_event ? edge->edge.source : 0;
            if (numbers.empty() || numbers.back() != number) numbers.push_back(number);
            of_edge.push_back(numbers.size() - 1);
        }
        std::vector<std::string_view> ids(numbers.size());
        names_.find_events(numbers, ids);
        for (const std::size_t at : of_edge) ids_.push_back(ids[at]);
    }

    void write_root() {
        if (trace_.nodes.empty() || trace_.nodes.front().thing != trace_.root) {
            writer_.string(names_.find(trace_.root).spelled);
        } else if (is_hidden(0)) {
            writer_.string(trace_.tombstones.of(names_.canonical(trace_.root)));
        } else {
            writer_.string(begin_ == 0 ? named_.front().spelled : names_.find(trace_.root).spelled);
        }
    }

    void write_end(std::string_view key, std::uint32_t place) {
        writer_.key(key);
        if (is_hidden(place))
            writer_.string(trace_.tombstones.of(named_[place].canonical));
        else
            writer_.string(named_[place].spelled);
    }

    void write_edge(const TraceEdge& told, std::string_view event_id) {
        const trace::Edge& edge = told.edge;
        writer_.begin_object();
        write_end("from", told.from);
        write_end("to", told.to);
        writer_.key("type").string(name_of(edge.type));
        // How much of something went where is not for who may not know what it was.
        const bool open = !is_hidden(told.from) && !is_hidden(told.to);
        if (open && edge.quantity) writer_.key("quantity").decimal(*edge.quantity);
        if (open && edge.unit != trace::no_text) writer_.key("unit").string(unit_of(edge.unit));
        const bool timed =
            edge.type != trace::EdgeType::membership && edge.type != trace::EdgeType::reference;
        if (timed) writer_.key("validFrom").string(time_of(edge.valid_from));
        if (edge.valid_to) writer_.key("validTo").string(time_of(*edge.valid_to + 1));
        if (open && !event_id.empty()) writer_.key("eventID").string(event_id);
        writer_.end_object();
    }

    void write_frontier() {
        writer_.key("frontier").begin_array();
        for (std::uint32_t place = begin_; place < end_; ++place) {
            if (trace_.nodes[place].sight != Sight::elsewhere) continue;
            const std::string_view prefix = protocol::prefix_of(named_[place].canonical);
            writer_.begin_object().key("id").string(named_[place].spelled);
            writer_.key("prefix").string(prefix);
            writer_.key("ask").string(protocol::prefix_handle(prefix)).end_object();
        }
        writer_.end_array();
    }

    std::string_view unit_of(trace::TextNumber unit) {
        if (unit != unit_) unit_text_ = names_.canonical(unit_ = unit);
        return unit_text_;
    }

    std::string_view time_of(std::int64_t time) {
        if (time_text_.empty() || time != time_)
            time_text_ = protocol::epcis::format_event_time(time_ = time);
        return time_text_;
    }

    JsonWriter writer_;
    const Trace& trace_;
    const bool whole_;  ///< everything is on the page
    const std::uint32_t begin_;
    const std::uint32_t end_;
    ThingNames names_;
    std::vector<NamedThing> named_{};          ///< by place, as far as they are needed
    std::vector<const TraceEdge*> edges_{};    ///< of the page
    std::vector<std::string_view> ids_{};      ///< of the events of these
    trace::TextNumber unit_ = trace::no_text;  ///< the last that was written
    std::string_view unit_text_{};
    std::int64_t time_ = 0;  ///< likewise
    std::string time_text_{};
};

}  // namespace

void write_node(JsonWriter& writer, const NamedThing& thing, std::uint32_t depth, Sight sight,
                const Tombstones& tombstones) {
    writer.begin_object();
    if (sight == Sight::hidden) {
        writer.key("id").string(tombstones.of(thing.canonical)).key("hidden").boolean(true);
        writer.key("depth").number(depth).end_object();
        return;
    }
    writer.key("id").string(thing.spelled);
    writer.key("canonical").string(thing.canonical).key("scheme").string(name_of(thing.scheme));
    if (thing.scheme == protocol::Scheme::gs1) {
        const protocol::Identifier identifier{
            .scheme = thing.scheme, .canonical = std::string{thing.canonical}, .classes = {}};
        if (const auto link = protocol::digital_link_of(identifier, resolver_root))
            writer.key("digitalLink").string(*link);
        if (!thing.elements.empty()) writer.key("elementString").string(thing.elements);
    }
    writer.key("depth").number(depth).end_object();
}

void write_trace(std::string& out, registry::Lookup& lookup, const Trace& trace,
                 const TracePage& page, std::int64_t as_of) {
    TraceWriter{out, lookup, trace, page}.write(page, as_of);
}

}  // namespace idnode::resolver
