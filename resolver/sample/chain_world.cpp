#include "resolver/sample/chain_world.hpp"

#include <fmt/format.h>

#include "protocol/epcis/event.hpp"
#include "resolver/sample/random.hpp"

namespace idnode::resolver {
namespace {

constexpr std::uint64_t events_per_document = 200;
constexpr std::uint64_t event_kind = 200;  // of the random numbers that ids are made of
constexpr std::uint64_t transformation_kind = 201;
constexpr std::int64_t hour = 3'600'000;

bool is_lot(const Portion& portion) { return portion.amount > 0; }

}  // namespace

ChainItem ChainWorld::item(std::string id, Notable notable, std::string alias) {
    ChainItem item{.id = std::move(id), .alias = std::move(alias)};
    if (genealogy_) item.thing = genealogy_->add(item.id, notable == Notable::yes);
    return item;
}

std::string ChainWorld::uuid(std::uint64_t kind) const {
    Random random{seed_, kind, next_event_};
    const std::uint64_t high = random.next();
    const std::uint64_t low = random.next();
    // Version 8 of RFC 9562: bits of our own choice.
    return fmt::format("urn:uuid:{:08x}-{:04x}-8{:03x}-a{:03x}-{:012x}", high >> 32,
                       (high >> 16) & 0xffff, high & 0xfff, low >> 52, low & 0xffffffffffffU);
}

ChainWorld::Writer ChainWorld::begin(std::string_view type, std::string_view action,
                                     const Happening& happening) {
    if (events_in_document_ > 0) events_ += ',';
    Writer writer{events_};
    writer.begin_object().key("type").string(type).key("eventID").string(uuid(event_kind));
    writer.key("eventTime").string(protocol::epcis::format_event_time(happening.time));
    writer.key("eventTimeZoneOffset").string("+08:00");
    if (!action.empty()) writer.key("action").string(action);
    writer.key("bizStep").string(happening.step);
    if (!happening.place.empty())
        writer.key("readPoint").begin_object().key("id").string(happening.place).end_object();
    return writer;
}

void ChainWorld::end(Writer& writer) {
    writer.end_object();
    ++next_event_;
    if (++events_in_document_ == events_per_document) finish();
}

void ChainWorld::finish() {
    if (events_in_document_ == 0) return;
    sink_(R"({"@context":["https://ref.gs1.org/standards/epcis/epcis-context.jsonld",)"
          R"({"sample":"https://example.org/sample/"}],"type":"EPCISDocument",)"
          R"("schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z",)"
          R"("epcisBody":{"eventList":[)" +
          events_ + "]}}\n");
    events_.clear();
    events_in_document_ = 0;
}

void ChainWorld::write_items(Writer& writer, std::string_view name,
                             std::span<const ChainItem> items, bool first) const {
    writer.key(name).begin_array();
    for (const ChainItem& item : items)
        writer.string(first || item.alias.empty() ? item.id : item.alias);
    writer.end_array();
}

void ChainWorld::write_portions(Writer& writer, std::string_view stem,
                                std::span<const Portion> portions) {
    if (!std::ranges::all_of(portions, is_lot)) {
        writer.key(std::string{stem} + "EPCList").begin_array();
        for (const Portion& portion : portions)
            if (!is_lot(portion)) writer.string(portion.item.id);
        writer.end_array();
    }
    if (std::ranges::none_of(portions, is_lot)) return;
    writer.key(std::string{stem} + "QuantityList").begin_array();
    for (const Portion& portion : portions) {
        if (!is_lot(portion)) continue;
        writer.begin_object().key("epcClass").string(portion.item.id);
        writer.key("quantity").number(portion.amount);
        if (!portion.unit.empty()) writer.key("uom").string(portion.unit);
        writer.end_object();
    }
    writer.end_array();
}

void ChainWorld::commission(const Happening& happening, std::span<const ChainItem> items,
                            const ChainItem* lot, const WriteFields& master_data) {
    Writer writer = begin("ObjectEvent", "ADD", happening);
    write_items(writer, "epcList", items, true);
    if (master_data) {
        writer.key("ilmd").begin_object();
        master_data(writer);
        writer.end_object();
    }
    end(writer);
    if (!lot) return;
    edges_ += items.size();
    if (!genealogy_) return;
    for (const ChainItem& item : items) genealogy_->belongs(item.thing, lot->thing);
}

void ChainWorld::tell_made(std::span<const Portion> inputs, std::span<const Portion> outputs,
                           std::int64_t time) {
    edges_ += inputs.size() * outputs.size();
    if (!genealogy_) return;
    for (const Portion& input : inputs)
        for (const Portion& output : outputs)
            genealogy_->made(input.item.thing, output.item.thing, time);
}

void ChainWorld::transform(const Happening& happening, std::span<const Portion> inputs,
                           std::span<const Portion> outputs) {
    Writer writer = begin("TransformationEvent", {}, happening);
    write_portions(writer, "input", inputs);
    write_portions(writer, "output", outputs);
    end(writer);
    tell_made(inputs, outputs, happening.time);
}

void ChainWorld::transform_in_steps(const Happening& first, std::span<const Portion> inputs,
                                    const Happening& second, std::span<const Portion> outputs) {
    const std::string transformation = uuid(transformation_kind);
    Writer one = begin("TransformationEvent", {}, first);
    write_portions(one, "input", inputs);
    one.key("transformationID").string(transformation);
    end(one);
    Writer other = begin("TransformationEvent", {}, second);
    write_portions(other, "output", outputs);
    other.key("transformationID").string(transformation);
    end(other);
    tell_made(inputs, outputs, std::max(first.time, second.time));
}

void ChainWorld::write_content(const Happening& happening, Bond bond, std::string_view action,
                               std::span<const ChainItem> children, const ChainItem& parent,
                               bool declared_wrong) {
    Writer writer =
        begin(bond == Bond::packed ? "AggregationEvent" : "AssociationEvent", action, happening);
    writer.key("parentID").string(parent.id);
    if (!children.empty()) write_items(writer, "childEPCs", children, false);
    if (declared_wrong) {
        writer.key("errorDeclaration").begin_object().key("declarationTime");
        writer.string(protocol::epcis::format_event_time(happening.time + hour));
        writer.key("reason").string("incorrect_data").end_object();
    }
    end(writer);
}

void ChainWorld::put_in(const Happening& happening, Bond bond, std::span<const ChainItem> children,
                        const ChainItem& parent) {
    write_content(happening, bond, "ADD", children, parent);
    edges_ += children.size();
    if (!genealogy_) return;
    for (const ChainItem& child : children)
        genealogy_->put_in(child.thing, parent.thing, happening.time);
}

void ChainWorld::take_out(const Happening& happening, Bond bond,
                          std::span<const ChainItem> children, const ChainItem& parent) {
    write_content(happening, bond, "DELETE", children, parent);
    if (!genealogy_) return;
    for (const ChainItem& child : children)
        genealogy_->take_out(child.thing, parent.thing, happening.time);
}

void ChainWorld::empty(const Happening& happening, Bond bond, const ChainItem& parent) {
    write_content(happening, bond, "DELETE", {}, parent);
    if (genealogy_) genealogy_->empty(parent.thing, happening.time);
}

void ChainWorld::put_in_by_mistake(const Happening& happening, Bond bond,
                                   std::span<const ChainItem> children, const ChainItem& parent) {
    const std::uint64_t event = next_event_;
    write_content(happening, bond, "ADD", children, parent);
    next_event_ = event;  // a declaration has the id of the event that it takes back
    write_content(happening, bond, "ADD", children, parent, true);
}

void ChainWorld::move(const Happening& happening, std::span<const ChainItem> items,
                      std::string_view list, std::string_view end_name, std::string_view other) {
    Writer writer = begin("ObjectEvent", "OBSERVE", happening);
    write_items(writer, "epcList", items, false);
    writer.key(list).begin_array().begin_object().key("type").string("possessing_party");
    writer.key(end_name).string(other).end_object().end_array();
    end(writer);
}

void ChainWorld::ship(const Happening& happening, std::span<const ChainItem> items,
                      std::string_view destination) {
    move(happening, items, "destinationList", "destination", destination);
}

void ChainWorld::receive(const Happening& happening, std::span<const ChainItem> items,
                         std::string_view source) {
    move(happening, items, "sourceList", "source", source);
}

}  // namespace idnode::resolver
