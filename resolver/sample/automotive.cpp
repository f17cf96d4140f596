#include <cassert>
#include <cstdint>
#include <string_view>

#include "protocol/schemes/check_digits.hpp"
#include "resolver/sample/automotive_tables.hpp"
#include "resolver/sample/calendar.hpp"
#include "resolver/sample/industries.hpp"
#include "resolver/sample/random.hpp"

// A campaign begins with the sheet steel that it lives on: 2 heats and 6 coils. Its 32 blocks,
// eight of which a plant makes in a day, have 12 part batches and then 16 vehicles, each after its
// 4 assemblies, each of these after its 6 serialised parts. So a heat reaches some thousand parts
// and hundreds of vehicles.

namespace idnode::resolver {
namespace {

using namespace automotive;

constexpr std::uint64_t vehicles_per_block = 16;
constexpr std::uint64_t assembly_size = parts_per_assembly + 1;
constexpr std::uint64_t vehicle_size = assemblies_per_vehicle * assembly_size + 1;
constexpr std::uint64_t block_size = batches_per_block + vehicles_per_block * vehicle_size;
constexpr std::uint64_t blocks_per_campaign = 32;
constexpr std::uint64_t material_size = heats_per_campaign + coils_per_campaign;
constexpr std::uint64_t campaign_size = material_size + blocks_per_campaign * block_size;

constexpr std::uint64_t blocks_per_day = 8;
constexpr std::uint64_t days = 1536;  // whole campaigns, so that none meets its wrap
constexpr std::uint64_t campaigns_per_plant = days * blocks_per_day / blocks_per_campaign;
constexpr Calendar calendar{blocks_per_day, days};

// Days before the vehicles of the same block: fixed for each kind, since a date and a number name
// one thing only as long as everything of its kind is moved alike.
constexpr Day heat_lead = 45;
constexpr Day coil_lead = 40;
constexpr Day batch_lead = 10;
constexpr Day part_lead = 4;
constexpr Day assembly_lead = 2;

enum Kind : std::uint64_t { a_line, a_heat, a_coil, a_batch, a_part, an_assembly, a_vehicle };

/// Suffixes of all but vehicles: the maker's letters, the day, a number that is unique on that day.
Text serial(std::string_view maker, Day day, std::uint64_t number) {
    return Text{maker}.short_date(day).number(number + 1, 4);
}

/// An eighth of a plant's day.
struct Block {
    std::uint64_t seed;
    std::uint64_t number;
    Day day;

    std::uint64_t campaign() const { return number / blocks_per_campaign; }

    /// The number on its day of the `part`-th of `parts` things of one kind in this block.
    std::uint64_t number_of_day(std::uint64_t parts, std::uint64_t part) const {
        return calendar.number_of_day(number) * parts + part;
    }

    Random random_of(Kind kind, std::uint64_t part) const {
        return {seed, kind, number * block_size + part};
    }
};

Block block_of(std::uint64_t seed, std::uint64_t number) {
    return {seed, number, calendar.day(seed, number)};
}

Text material_suffix(const Block& block, std::string_view maker, Day lead, std::uint64_t parts,
                     std::uint64_t part) {
    const auto first = block.campaign() * blocks_per_campaign;
    return serial(maker, calendar.day(block.seed, first) - lead,
                  block.campaign() / campaigns_per_plant * parts + part);
}

Text heat_suffix(const Block& block, std::uint64_t heat) {
    return material_suffix(block, "BGLC", heat_lead, heats_per_campaign, heat);
}

Text coil_suffix(const Block& block, std::uint64_t coil) {
    return material_suffix(block, "BGGJ", coil_lead, coils_per_campaign, coil);
}

Text batch_suffix(const Block& block, std::uint64_t batch) {
    return serial(batch_kinds[batch].maker, block.day - batch_lead,
                  block.number_of_day(batches_per_block, batch));
}

Text vin_of(const Block& block, std::uint64_t vehicle, const Model& model) {
    constexpr std::string_view alphabet = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ";
    constexpr std::string_view years = "ABCDEFGHJKLMNPRSTVWXY123456789";  // A is 2010
    constexpr std::uint64_t numbers_per_line = 1'000'000;
    const auto number = block.number * vehicles_per_block + vehicle + 1;
    // What does not fit into six digits goes on in the plant and in two places of the attributes,
    // each begun somewhere else for another seed.
    const auto line = number / numbers_per_line + mix(block.seed) % alphabet.size();
    const auto variant =
        line / alphabet.size() + mix(block.seed + 1) % (alphabet.size() * alphabet.size());
    const auto year = static_cast<int>(Text::calendar_date(block.day).year());
    const auto write = [&](char check_digit) {
        return Text{model.maker_code}
            .add(model.attributes)
            .add(alphabet[variant / alphabet.size() % alphabet.size()])
            .add(alphabet[variant % alphabet.size()])
            .add(check_digit)
            .add(years[static_cast<std::size_t>(year - 2010) % years.size()])
            .add(alphabet[line % alphabet.size()])
            .number(number % numbers_per_line, 6);
    };
    const auto check_digit = protocol::vin_check_digit(write('0'));
    assert(check_digit);
    return write(*check_digit);
}

/// A vehicle under construction, and one of its assemblies.
struct Vehicle {
    const Block& block;
    std::uint64_t number;  ///< within the block
    const Model& model;

    const AssemblyKind& assembly_kind(std::uint64_t assembly) const {
        return assembly_kinds[model.assemblies[assembly]];
    }

    std::uint64_t assembly_number(std::uint64_t assembly) const {
        return number * assemblies_per_vehicle + assembly;
    }

    std::uint64_t part_number(std::uint64_t assembly, std::uint64_t part) const {
        return assembly_number(assembly) * parts_per_assembly + part;
    }
};

Vehicle vehicle_of(const Block& block, std::uint64_t number) {
    // A line builds few models at a time.
    Random line{block.seed, a_line, block.campaign()};
    const auto first = line.below(static_cast<std::uint32_t>(models.size()));
    return {block, number, models[(first + number % 2) % models.size()]};
}

Text assembly_suffix(const Vehicle& vehicle, std::uint64_t assembly) {
    return serial(vehicle.assembly_kind(assembly).maker, vehicle.block.day - assembly_lead,
                  vehicle.block.number_of_day(vehicles_per_block * assemblies_per_vehicle,
                                              vehicle.assembly_number(assembly)));
}

std::string_view part_maker(const Vehicle& vehicle, std::uint64_t assembly, std::uint64_t part) {
    return part_makers[(vehicle.model.assemblies[assembly] + part) % part_makers.size()];
}

Text part_suffix(const Vehicle& vehicle, std::uint64_t assembly, std::uint64_t part) {
    return serial(part_maker(vehicle, assembly, part), vehicle.block.day - part_lead,
                  vehicle.block.number_of_day(
                      vehicles_per_block * assemblies_per_vehicle * parts_per_assembly,
                      vehicle.part_number(assembly, part)));
}

void add_name(const Name& name, RecordBuilder& record) {
    record.item("NAME", name.chinese);
    record.item("NAME.EN", name.english);
}

void build_heat(const Block& block, std::uint64_t heat, RecordBuilder& record) {
    auto random = block.random_of(a_heat, heat);
    const auto suffix = heat_suffix(block, heat);
    record.start(suffix, suffix, "sample.automotive.heat/1",
                 moment(block.day - heat_lead, 3, random));
    add_name({"钢水炉次", "Steel heat"}, record);
    record.item("GRADE", steel_grades[heat]);
    record.item("HEAT.NUMBER", suffix);
    record.item("CERTIFICATE.TYPE", "EN 10204 3.1");
    record.item("CERTIFICATE", Text{"MTC-"}.add(suffix));
    record.item("WEIGHT.KG", Text{}.number(random.between(1600, 2000) * 100));
}

void build_coil(const Block& block, std::uint64_t coil, RecordBuilder& record) {
    constexpr auto coils_per_heat = coils_per_campaign / heats_per_campaign;
    auto random = block.random_of(a_coil, coil);
    const auto suffix = coil_suffix(block, coil);
    record.start(suffix, suffix, "sample.automotive.coil/1",
                 moment(block.day - coil_lead, 9, random));
    add_name({"冷轧钢卷", "Cold-rolled steel coil"}, record);
    record.item("GRADE", steel_grades[coil / coils_per_heat]);
    record.item("COIL.NUMBER", suffix);
    record.item("WEIGHT.KG", Text{}.number(random.between(180, 250) * 100));
    record.item("THICKNESS.MM", Text{}.decimal(random.between(14, 40) * 5, 2));
    record.item("WIDTH.MM", Text{}.number(random.between(20, 34) * 50));
    record.private_item("COST", Text{}.number(random.between(4300, 5600)).add(" CNY/t"));
    record.input("REF.HEAT", heat_suffix(block, coil / coils_per_heat));
}

void build_batch(const Block& block, std::uint64_t batch, RecordBuilder& record) {
    auto random = block.random_of(a_batch, batch);
    const auto& kind = batch_kinds[batch];
    const auto suffix = batch_suffix(block, batch);
    const auto day = block.day - batch_lead;
    record.start(suffix, suffix, "sample.automotive.batch/1", moment(day, 8, random));
    add_name(kind.name, record);
    record.item("BATCH", suffix);
    record.item("SUPPLIER", kind.maker);
    record.item("PRODUCTION.DATE", Text{}.date(day));
    record.item("QUANTITY", Text{}.number(random.between(10, 40) * 50));
    record.item("INSPECTION", "合格 passed");
    record.private_item(
        "SUPPLIER.CONTRACT",
        Text{"HT-"}.add(kind.maker).short_date(day).number(random.below(10'000), 4));
    if (batch < coils_per_campaign) record.input("REF.COIL", coil_suffix(block, batch));
}

void build_part(const Vehicle& vehicle, std::uint64_t assembly, std::uint64_t part,
                RecordBuilder& record) {
    const auto& block = vehicle.block;
    auto random = block.random_of(a_part, vehicle.part_number(assembly, part));
    const auto& kind = vehicle.assembly_kind(assembly).parts[part];
    const auto suffix = part_suffix(vehicle, assembly, part);
    const auto day = block.day - part_lead;
    record.start(suffix, suffix, "sample.automotive.part/1", moment(day, 8, random));
    add_name(kind.name, record);
    // 952 is the GS1 prefix for examples, so that no code here belongs to a real company.
    Text gtin{"9524118"};
    gtin.number(vehicle.model.assemblies[assembly] * 100 + part + 1, 5);
    record.item("GTIN", Text{gtin}.add(*protocol::gs1_check_digit(gtin)));
    record.item("SUPPLIER", part_maker(vehicle, assembly, part));
    record.item("PRODUCTION.DATE", Text{}.date(day));
    record.item("INSPECTION",
                random.chance(97) ? "合格 passed" : "让步接收 accepted on concession");
    if (random.chance(25))
        record.private_item("COST", Text{}.decimal(random.between(1'500, 180'000), 2).add(" CNY"));
    record.input("REF.BATCH", batch_suffix(block, kind.batch));
}

void build_assembly(const Vehicle& vehicle, std::uint64_t assembly, RecordBuilder& record) {
    auto random = vehicle.block.random_of(an_assembly, vehicle.assembly_number(assembly));
    const auto& kind = vehicle.assembly_kind(assembly);
    const auto suffix = assembly_suffix(vehicle, assembly);
    const auto day = vehicle.block.day - assembly_lead;
    record.start(suffix, suffix, "sample.automotive.assembly/1", moment(day, 8, random));
    add_name(kind.name, record);
    record.item("SUPPLIER", kind.maker);
    record.item("PRODUCTION.DATE", Text{}.date(day));
    for (std::uint64_t part = 0; part < parts_per_assembly; ++part)
        record.input("REF.PART", part_suffix(vehicle, assembly, part));
}

void build_vehicle(const Vehicle& vehicle, RecordBuilder& record) {
    const auto& block = vehicle.block;
    auto random = block.random_of(a_vehicle, vehicle.number);
    const auto vin = vin_of(block, vehicle.number, vehicle.model);
    record.start(vin, vin, "sample.automotive.vehicle/1", moment(block.day, 10, random));
    add_name(vehicle.model.name, record);
    record.item("VIN", vin);
    const auto& colour = random.pick(colours);
    record.item("COLOUR", Text{colour.chinese}.add(' ').add(colour.english));
    record.item("PRODUCTION.DATE", Text{}.date(block.day));
    record.item("INSPECTION", "合格 passed");
    record.private_item("COST", Text{}.number(random.between(620, 1400) * 100).add(" CNY"));
    for (std::uint64_t assembly = 0; assembly < assemblies_per_vehicle; ++assembly)
        record.input("REF.ASSEMBLY", assembly_suffix(vehicle, assembly));
}

}  // namespace

void build_automotive_record(std::uint64_t seed, std::uint64_t number, RecordBuilder& record) {
    const auto campaign = number / campaign_size;
    const auto place = number % campaign_size;
    const auto first_block = campaign * blocks_per_campaign;
    if (place < heats_per_campaign) return build_heat(block_of(seed, first_block), place, record);
    if (place < material_size)
        return build_coil(block_of(seed, first_block), place - heats_per_campaign, record);

    const auto position = (place - material_size) % block_size;
    const auto block = block_of(seed, first_block + (place - material_size) / block_size);
    if (position < batches_per_block) return build_batch(block, position, record);

    const auto vehicle = vehicle_of(block, (position - batches_per_block) / vehicle_size);
    const auto step = (position - batches_per_block) % vehicle_size;
    if (step == vehicle_size - 1) return build_vehicle(vehicle, record);
    const auto assembly = step / assembly_size;
    const auto part = step % assembly_size;
    if (part == parts_per_assembly) return build_assembly(vehicle, assembly, record);
    build_part(vehicle, assembly, part, record);
}

}  // namespace idnode::resolver
