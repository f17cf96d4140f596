#include <array>
#include <cstdint>
#include <string_view>

#include "resolver/sample/calendar.hpp"
#include "resolver/sample/industries.hpp"
#include "resolver/sample/random.hpp"

// A block is what becomes of one heat: 8 slabs, rolled into 8 hot-rolled coils, welded two by two
// into 4 finished coils, each slit into 6. Heats are cast in sequences of one grade; the first slab
// of a heat that does not begin a sequence still holds steel of the heat before it.

namespace idnode::resolver {
namespace {

constexpr std::uint64_t strips_per_coil = 6;
constexpr std::uint64_t slabs_per_coil = 2;
constexpr std::uint64_t coils_per_heat = 4;
constexpr std::uint64_t slabs_per_heat = coils_per_heat * slabs_per_coil;
constexpr std::uint64_t group_size = slabs_per_coil + slabs_per_coil + 1 + strips_per_coil;
constexpr std::uint64_t block_size = 1 + coils_per_heat * group_size;
constexpr std::uint64_t heats_per_sequence = 6;
constexpr std::uint64_t heats_per_day = 24;
constexpr Calendar calendar{heats_per_day, 1500};  // whole sequences, so that none meets its wrap

enum Kind : std::uint64_t {
    a_sequence,
    a_heat,
    a_slab,
    a_slab_weight,
    a_hot_coil,
    a_coil,
    a_strip,
};

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

/// Contents in thousandths of a percent, strengths in MPa, elongation in percent. The ranges lie
/// inside what the standard allows, where mills aim.
struct Grade {
    std::string_view name;
    std::string_view standard;
    std::string_view chinese;
    std::string_view english;
    bool cold_rolled;
    Range carbon, silicon, manganese, phosphorus, sulfur;
    Range yield_strength, tensile_strength, elongation;
};

constexpr std::array grades{
    Grade{"Q235B",
          "GB/T 700",
          "碳素结构钢",
          "carbon structural steel",
          false,
          {120, 190},
          {120, 280},
          {350, 700},
          {12, 32},
          {8, 30},
          {255, 330},
          {390, 470},
          {27, 36}},
    Grade{"Q355B",
          "GB/T 1591",
          "低合金高强度结构钢",
          "high-strength structural steel",
          false,
          {140, 200},
          {200, 450},
          {1100, 1550},
          {10, 28},
          {5, 25},
          {370, 440},
          {490, 600},
          {22, 29}},
    Grade{"SPHC",
          "JIS G 3131",
          "软钢",
          "mild steel",
          false,
          {30, 80},
          {10, 50},
          {180, 400},
          {8, 30},
          {5, 25},
          {230, 310},
          {320, 390},
          {35, 45}},
    Grade{"DC01",
          "EN 10130",
          "低碳钢",
          "low-carbon steel",
          true,
          {20, 60},
          {5, 30},
          {150, 300},
          {8, 25},
          {4, 20},
          {170, 240},
          {290, 370},
          {34, 44}},
    Grade{"DC04",
          "EN 10130",
          "深冲钢",
          "deep-drawing steel",
          true,
          {10, 40},
          {5, 30},
          {120, 250},
          {6, 18},
          {3, 15},
          {145, 195},
          {275, 330},
          {39, 47}},
    Grade{"SPCC",
          "JIS G 3141",
          "商品级软钢",
          "commercial-grade steel",
          true,
          {25, 70},
          {5, 30},
          {150, 350},
          {8, 25},
          {4, 20},
          {180, 250},
          {290, 370},
          {36, 44}},
    Grade{"HC340LA",
          "EN 10268",
          "低合金高强钢",
          "high-strength low-alloy steel",
          true,
          {50, 90},
          {10, 200},
          {500, 1000},
          {8, 20},
          {3, 15},
          {350, 410},
          {430, 500},
          {22, 30}},
};

/// What all that comes of one heat has in common.
struct Heat {
    std::uint64_t seed;
    std::uint64_t number;
    Day day;
    std::uint32_t hour;
    const Grade& grade;
    std::uint32_t hot_thickness;    ///< micrometres
    std::uint32_t final_thickness;  ///< micrometres
    std::uint32_t width;            ///< millimetres
    std::uint32_t slab_weight;      ///< kilograms
};

Heat heat_of(std::uint64_t seed, std::uint64_t number) {
    Random sequence{seed, a_sequence, number / heats_per_sequence};
    const auto& grade = sequence.pick(grades);
    const auto hot_thickness = sequence.between(10, 24) * 250;
    // Cold rolling takes off 55 to 75 percent; pickling alone leaves the thickness as it was.
    const auto left = grade.cold_rolled ? sequence.between(25, 45) : 100;
    return {.seed = seed,
            .number = number,
            .day = calendar.day(seed, number),
            .hour = static_cast<std::uint32_t>(number % heats_per_day),
            .grade = grade,
            .hot_thickness = hot_thickness,
            .final_thickness = hot_thickness * left / 1000 * 10,
            .width = sequence.between(20, 31) * 50,
            .slab_weight = sequence.between(125, 160) * 100};
}

Random random_of(const Heat& heat, Kind kind, std::uint64_t part) {
    return {heat.seed, kind, heat.number * block_size + part};
}

std::uint32_t slab_weight(const Heat& heat, std::uint64_t slab) {
    return heat.slab_weight - random_of(heat, a_slab_weight, slab).below(400);
}

/// Scale and cropped ends take two percent.
std::uint32_t hot_coil_weight(const Heat& heat, std::uint64_t slab) {
    return slab_weight(heat, slab) * 98 / 100;
}

/// Pickling and the weld take one and a half percent of the two coils.
std::uint32_t coil_weight(const Heat& heat, std::uint64_t coil) {
    std::uint32_t weight = 0;
    for (std::uint64_t i = 0; i < slabs_per_coil; ++i)
        weight += hot_coil_weight(heat, coil * slabs_per_coil + i);
    return weight * 985 / 1000;
}

Text heat_suffix(const Heat& heat) {
    return Text{"H"}.short_date(heat.day).number(calendar.number_of_day(heat.number) + 1, 3);
}

/// Suffixes of what comes of a heat: another letter, the number of the heat, and which one it is.
Text part_suffix(const Heat& heat, char letter, std::uint64_t part) {
    return Text{}
        .add(letter)
        .short_date(heat.day)
        .number(calendar.number_of_day(heat.number) + 1, 3)
        .add('-')
        .number(part + 1);
}

Text slab_suffix(const Heat& heat, std::uint64_t slab) { return part_suffix(heat, 'S', slab); }
Text hot_coil_suffix(const Heat& heat, std::uint64_t slab) { return part_suffix(heat, 'R', slab); }
Text coil_suffix(const Heat& heat, std::uint64_t coil) { return part_suffix(heat, 'C', coil); }

void add_name(const Heat& heat, std::string_view chinese, std::string_view english,
              RecordBuilder& record) {
    record.item("NAME", Text{heat.grade.chinese}.add(chinese));
    record.item("NAME.EN", Text{heat.grade.english}.add(english));
    record.item("GRADE", heat.grade.name);
}

void add_certificate(const Heat& heat, RecordBuilder& record) {
    record.item("CERTIFICATE.TYPE", "EN 10204 3.1");
    record.item("CERTIFICATE", Text{"MTC-"}.add(heat_suffix(heat)));
}

void build_heat(const Heat& heat, RecordBuilder& record) {
    auto random = random_of(heat, a_heat, 0);
    const auto suffix = heat_suffix(heat);
    record.start(suffix, suffix, "sample.steel.heat/1", moment(heat.day, heat.hour, random));
    add_name(heat, "炉次", ", heat", record);
    record.item("STANDARD", heat.grade.standard);
    record.item("HEAT.NUMBER", suffix);
    const auto content = [&](std::string_view type, const Range& range) {
        record.item(type, Text{}.decimal(random.between(range.first, range.last), 3));
    };
    content("CHEMISTRY.C", heat.grade.carbon);
    content("CHEMISTRY.SI", heat.grade.silicon);
    content("CHEMISTRY.MN", heat.grade.manganese);
    content("CHEMISTRY.P", heat.grade.phosphorus);
    content("CHEMISTRY.S", heat.grade.sulfur);
    // What the slabs do not hold is lost in the tundish and in cutting.
    const auto weight = heat.slab_weight * slabs_per_heat + random.between(1000, 3000);
    record.item("WEIGHT.KG", Text{}.number(weight));
    add_certificate(heat, record);
    record.private_item("COST", Text{}.number(random.between(3100, 3900)).add(" CNY/t"));
}

void build_slab(const Heat& heat, std::uint64_t slab, RecordBuilder& record) {
    auto random = random_of(heat, a_slab, slab);
    const auto suffix = slab_suffix(heat, slab);
    record.start(suffix, suffix, "sample.steel.slab/1", moment(heat.day, heat.hour + 1, random));
    add_name(heat, "连铸板坯", ", cast slab", record);
    record.item("HEAT.NUMBER", heat_suffix(heat));
    record.item("WEIGHT.KG", Text{}.number(slab_weight(heat, slab)));
    record.item("THICKNESS.MM", "230");
    record.item("WIDTH.MM", Text{}.number(heat.width + 20));
    record.input("REF.HEAT", heat_suffix(heat));
    if (slab == 0 && heat.number % heats_per_sequence != 0)
        record.input("REF.HEAT", heat_suffix(heat_of(heat.seed, heat.number - 1)));
}

void add_measures(std::uint32_t weight, std::uint32_t thickness, std::uint32_t width,
                  RecordBuilder& record) {
    record.item("WEIGHT.KG", Text{}.number(weight));
    record.item("THICKNESS.MM", Text{}.decimal(thickness / 10, 2));
    record.item("WIDTH.MM", Text{}.number(width));
}

void build_hot_coil(const Heat& heat, std::uint64_t slab, RecordBuilder& record) {
    auto random = random_of(heat, a_hot_coil, slab);
    const auto suffix = hot_coil_suffix(heat, slab);
    record.start(suffix, suffix, "sample.steel.hot-coil/1",
                 moment(heat.day + 1, heat.hour + 6, random));
    add_name(heat, "热轧卷", ", hot-rolled coil", record);
    record.item("COIL.NUMBER", suffix);
    record.item("HEAT.NUMBER", heat_suffix(heat));
    add_measures(hot_coil_weight(heat, slab), heat.hot_thickness, heat.width, record);
    record.item("FINISHING.TEMPERATURE.C", Text{}.number(random.between(850, 900)));
    record.input("REF.SLAB", slab_suffix(heat, slab));
}

void build_coil(const Heat& heat, std::uint64_t coil, RecordBuilder& record) {
    auto random = random_of(heat, a_coil, coil);
    const auto suffix = coil_suffix(heat, coil);
    record.start(suffix, suffix, "sample.steel.coil/1", moment(heat.day + 3, heat.hour, random));
    if (heat.grade.cold_rolled)
        add_name(heat, "冷轧卷", ", cold-rolled coil", record);
    else
        add_name(heat, "酸洗卷", ", pickled and oiled coil", record);
    record.item("COIL.NUMBER", suffix);
    record.item("HEAT.NUMBER", heat_suffix(heat));
    add_measures(coil_weight(heat, coil), heat.final_thickness, heat.width, record);
    const auto test = [&](std::string_view type, const Range& range) {
        record.item(type, Text{}.number(random.between(range.first, range.last)));
    };
    test("YIELD.STRENGTH.MPA", heat.grade.yield_strength);
    test("TENSILE.STRENGTH.MPA", heat.grade.tensile_strength);
    test("ELONGATION.PERCENT", heat.grade.elongation);
    add_certificate(heat, record);
    record.private_item("COST", Text{}.number(random.between(3900, 5200)).add(" CNY/t"));
    for (std::uint64_t i = 0; i < slabs_per_coil; ++i)
        record.input("REF.COIL", hot_coil_suffix(heat, coil * slabs_per_coil + i));
}

void build_strip(const Heat& heat, std::uint64_t coil, std::uint64_t strip, RecordBuilder& record) {
    constexpr std::uint32_t trimmed_edges = 20;
    auto random = random_of(heat, a_strip, coil * strips_per_coil + strip);
    const auto suffix = Text{coil_suffix(heat, coil)}.add('-').number(strip + 1);
    const auto width = (heat.width - trimmed_edges) / static_cast<std::uint32_t>(strips_per_coil);
    record.start(suffix, suffix, "sample.steel.slit-coil/1",
                 moment(heat.day + 5, heat.hour, random));
    add_name(heat, "分条卷", ", slit coil", record);
    record.item("COIL.NUMBER", suffix);
    record.item("HEAT.NUMBER", heat_suffix(heat));
    add_measures(coil_weight(heat, coil) * width / heat.width, heat.final_thickness, width, record);
    if (random.chance(25))
        record.private_item("SALES.CONTRACT",
                            Text{"HT"}.short_date(heat.day).number(random.below(10'000), 4));
    record.input("REF.COIL", coil_suffix(heat, coil));
}

}  // namespace

void build_steel_record(std::uint64_t seed, std::uint64_t number, RecordBuilder& record) {
    const auto heat = heat_of(seed, number / block_size);
    const auto position = number % block_size;
    if (position == 0) return build_heat(heat, record);
    const auto coil = (position - 1) / group_size;
    const auto place = (position - 1) % group_size;
    if (place < slabs_per_coil) return build_slab(heat, coil * slabs_per_coil + place, record);
    if (place < 2 * slabs_per_coil)
        return build_hot_coil(heat, coil * slabs_per_coil + place - slabs_per_coil, record);
    if (place == 2 * slabs_per_coil) return build_coil(heat, coil, record);
    build_strip(heat, coil, place - 2 * slabs_per_coil - 1, record);
}

}  // namespace idnode::resolver
