#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/schemes/check_digits.hpp"
#include "resolver/sample/calendar.hpp"
#include "resolver/sample/industries.hpp"
#include "resolver/sample/random.hpp"

// A block is one shift of a plant: 6 farm lots become 3 raw-material lots, these are mixed into 2
// batches and filled into 3 finished lots, each packed into 36 cartons on 2 pallets, each of which
// a dealer receives. Plants run the same product for 5 shifts, and the silo of the first raw
// material is not emptied between them: its lot holds a rest of the one before.

namespace idnode::resolver {
namespace {

constexpr std::uint64_t farms_per_raw = 2;
constexpr std::uint64_t raws_per_block = 3;
constexpr std::uint64_t farms_per_block = raws_per_block * farms_per_raw;
constexpr std::uint64_t batches_per_block = 2;
constexpr std::uint64_t lots_per_block = 3;
constexpr std::uint64_t cartons_per_pallet = 18;
constexpr std::uint64_t pallets_per_lot = 2;
constexpr std::uint64_t pallet_size = cartons_per_pallet + 2;  // and the pallet and its receipt
constexpr std::uint64_t lot_size = 1 + pallets_per_lot * pallet_size;
constexpr std::uint64_t ingredients_size = farms_per_block + raws_per_block + batches_per_block;
constexpr std::uint64_t block_size = ingredients_size + lots_per_block * lot_size;
constexpr std::uint64_t shifts_per_campaign = 5;
constexpr std::uint64_t shifts_per_day = 2;
constexpr Calendar calendar{shifts_per_day, 1500};  // whole campaigns, so that none meets its wrap

// Days before the finished lot: fixed for each kind, since a date and a number name one thing only
// as long as everything of its kind is moved alike.
constexpr Day farm_lead = 9;
constexpr Day raw_lead = 5;

enum Kind : std::uint64_t {
    a_product,
    a_farm,
    a_raw,
    a_batch,
    a_lot,
    a_carton,
    a_pallet,
    a_receipt
};

struct Name {
    std::string_view chinese;
    std::string_view english;
};

struct Product {
    Name name;
    std::string_view item;  ///< twelve digits, without the check digit of the GTIN-13
    Day shelf_life;
    std::uint32_t case_quantity;
    std::uint32_t unit_weight;  ///< grams
    std::array<Name, raws_per_block> ingredients;
};

// 952 is the GS1 prefix for examples, so that no code here belongs to a real company.
constexpr std::array products{
    Product{{"纯牛奶 250 ml", "Whole milk 250 ml"},
            "952413020011",
            180,
            24,
            258,
            {{{"生牛乳", "Raw milk"}, {"浓缩乳蛋白", "Milk protein"}, {"稀奶油", "Cream"}}}},
    Product{{"苹果汁 1 L", "Apple juice 1 l"},
            "952413020028",
            365,
            12,
            1048,
            {{{"苹果", "Apples"}, {"白砂糖", "Sugar"}, {"柠檬", "Lemons"}}}},
    Product{{"红烧牛肉面 105 g", "Braised beef noodles 105 g"},
            "952413020035",
            180,
            24,
            105,
            {{{"小麦粉", "Wheat flour"}, {"牛肉", "Beef"}, {"大葱", "Spring onions"}}}},
    Product{{"五常大米 5 kg", "Wuchang rice 5 kg"},
            "952413020042",
            365,
            4,
            5000,
            {{{"稻谷", "Paddy rice"}, {"长粒稻谷", "Long-grain paddy"}, {"糯稻", "Waxy paddy"}}}},
    Product{{"原味豆浆 300 ml", "Soy milk 300 ml"},
            "952413020059",
            120,
            20,
            312,
            {{{"大豆", "Soya beans"}, {"白砂糖", "Sugar"}, {"燕麦", "Oats"}}}},
    Product{{"番茄酱 340 g", "Tomato ketchup 340 g"},
            "952413020066",
            540,
            24,
            340,
            {{{"番茄", "Tomatoes"}, {"白砂糖", "Sugar"}, {"洋葱", "Onions"}}}},
    Product{{"茉莉绿茶 500 ml", "Jasmine green tea 500 ml"},
            "952413020073",
            270,
            15,
            510,
            {{{"绿茶鲜叶", "Tea leaves"}, {"茉莉花", "Jasmine"}, {"白砂糖", "Sugar"}}}},
    Product{{"花生油 5 L", "Peanut oil 5 l"},
            "952413020080",
            540,
            4,
            4580,
            {{{"花生", "Peanuts"}, {"高油酸花生", "High-oleic peanuts"}, {"芝麻", "Sesame"}}}},
};

constexpr std::array<Name, 8> regions{{{"山东烟台", "Yantai, Shandong"},
                                       {"内蒙古呼伦贝尔", "Hulunbuir, Inner Mongolia"},
                                       {"黑龙江五常", "Wuchang, Heilongjiang"},
                                       {"新疆昌吉", "Changji, Xinjiang"},
                                       {"福建安溪", "Anxi, Fujian"},
                                       {"河南驻马店", "Zhumadian, Henan"},
                                       {"陕西洛川", "Luochuan, Shaanxi"},
                                       {"广西横州", "Hengzhou, Guangxi"}}};

constexpr std::array<Name, 5> dealers{{{"华东配送中心", "East China distribution centre"},
                                       {"华北配送中心", "North China distribution centre"},
                                       {"华南配送中心", "South China distribution centre"},
                                       {"西南配送中心", "Southwest distribution centre"},
                                       {"东北配送中心", "Northeast distribution centre"}}};

/// One shift of a plant.
struct Block {
    std::uint64_t seed;
    std::uint64_t number;
    Day day;
    const Product& product;

    std::uint32_t first_hour() const {
        return static_cast<std::uint32_t>(number % shifts_per_day) * 12;
    }

    bool begins_campaign() const { return number % shifts_per_campaign == 0; }

    Random random_of(Kind kind, std::uint64_t part) const {
        return {seed, kind, number * block_size + part};
    }

    /// Letters, a day, and a number that is unique on that day among `parts` things a shift.
    Text serial(std::string_view letters, Day lead, std::uint64_t parts, std::uint64_t part) const {
        return Text{letters}
            .short_date(day - lead)
            .number(calendar.number_of_day(number) * parts + part + 1, 3);
    }
};

Block block_of(std::uint64_t seed, std::uint64_t number) {
    Random campaign{seed, a_product, number / shifts_per_campaign};
    return {seed, number, calendar.day(seed, number), campaign.pick(products)};
}

Text with_check_digit(std::string_view digits) {
    return Text{digits}.add(*protocol::gs1_check_digit(digits));
}

Text gtin_of(const Product& product) { return with_check_digit(product.item); }

/// The GTIN-14 of a carton of the product: packaging level 1.
Text case_gtin_of(const Product& product) { return with_check_digit(Text{"1"}.add(product.item)); }

Text farm_suffix(const Block& block, std::uint64_t farm) {
    return block.serial("NCPC", farm_lead, farms_per_block, farm);
}

Text raw_suffix(const Block& block, std::uint64_t raw) {
    return block.serial("YLPC", raw_lead, raws_per_block, raw);
}

Text batch_suffix(const Block& block, std::uint64_t batch) {
    return block.serial("HLPC", 0, batches_per_block, batch);
}

Text lot_number(const Block& block, std::uint64_t lot) {
    return block.serial("L", 0, lots_per_block, lot);
}

Text lot_suffix(const Block& block, std::uint64_t lot) {
    return Text{gtin_of(block.product)}.add('.').add(lot_number(block, lot));
}

/// The SSCC of one of all the cartons and pallets of a plant's shifts; 10^10 of them are told apart
/// by the extension digit and nine digits.
Text sscc_of(const Block& block, std::uint64_t unit) {
    constexpr auto units_per_block = lots_per_block * pallets_per_lot * (cartons_per_pallet + 1);
    constexpr std::uint64_t serials = 1'000'000'000;
    const auto number = block.number * units_per_block + unit + mix(block.seed) % serials;
    return with_check_digit(
        Text{}.number(number / serials % 10).add("9524130").number(number % serials, 9));
}

/// `pallet` counts through the lots of the block; a pallet's number follows those of its cartons.
Text carton_suffix(const Block& block, std::uint64_t pallet, std::uint64_t carton) {
    return sscc_of(block, pallet * (cartons_per_pallet + 1) + carton);
}

Text pallet_suffix(const Block& block, std::uint64_t pallet) {
    return carton_suffix(block, pallet, cartons_per_pallet);
}

Text receipt_suffix(const Block& block, std::uint64_t pallet) {
    return block.serial("SHDJ", 0, lots_per_block * pallets_per_lot, pallet);
}

void add_name(const Name& name, RecordBuilder& record) {
    record.item("NAME", name.chinese);
    record.item("NAME.EN", name.english);
}

void build_farm(const Block& block, std::uint64_t farm, RecordBuilder& record) {
    auto random = block.random_of(a_farm, farm);
    const auto suffix = farm_suffix(block, farm);
    const auto day = block.day - farm_lead;
    const auto& region = random.pick(regions);
    record.start(suffix, suffix, "sample.food.farm/1", moment(day, block.first_hour() + 6, random));
    add_name(block.product.ingredients[farm / farms_per_raw], record);
    record.item("LOT", suffix);
    record.item("ORIGIN", region.chinese);
    record.item("ORIGIN.EN", region.english);
    record.item("FIELD", Text{"DK-"}.number(random.between(1, 480), 4));
    record.item("HARVEST.DATE", Text{}.date(day));
    record.item("WEIGHT.KG", Text{}.number(random.between(40, 90) * 100));
}

void build_raw(const Block& block, std::uint64_t raw, RecordBuilder& record) {
    auto random = block.random_of(a_raw, raw);
    const auto suffix = raw_suffix(block, raw);
    const auto day = block.day - raw_lead;
    record.start(suffix, suffix, "sample.food.raw-material/1",
                 moment(day, block.first_hour() + 9, random));
    add_name(block.product.ingredients[raw], record);
    record.item("LOT", suffix);
    record.item("RECEIPT.DATE", Text{}.date(day));
    record.item("INSPECTION", "农残检测合格 residues within limits");
    record.item("INSPECTION.REPORT", Text{"JC"}.short_date(day).number(random.below(10'000), 4));
    record.private_item("SUPPLIER.CONTRACT",
                        Text{"CG"}.short_date(day).number(random.below(10'000), 4));
    for (std::uint64_t i = 0; i < farms_per_raw; ++i)
        record.input("REF.LOT", farm_suffix(block, raw * farms_per_raw + i));
    if (raw == 0 && !block.begins_campaign())
        record.input("REF.LOT", raw_suffix(block_of(block.seed, block.number - 1), raw));
}

void build_batch(const Block& block, std::uint64_t batch, RecordBuilder& record) {
    auto random = block.random_of(a_batch, batch);
    const auto suffix = batch_suffix(block, batch);
    record.start(suffix, suffix, "sample.food.mixed-batch/1",
                 moment(block.day, block.first_hour() + 1, random));
    record.item("NAME", Text{block.product.name.chinese}.add(" 混料批次"));
    record.item("NAME.EN", Text{block.product.name.english}.add(", mixed batch"));
    record.item("BATCH", suffix);
    record.item("PRODUCTION.DATE", Text{}.date(block.day));
    record.item("WEIGHT.KG", Text{}.number(random.between(60, 120) * 100));
    record.private_item("RECIPE", Text{"PF-"}.number(random.between(1, 99), 3));
    for (std::uint64_t raw = 0; raw < raws_per_block; ++raw)
        record.input("REF.LOT", raw_suffix(block, raw));
}

void add_dates(const Block& block, RecordBuilder& record) {
    record.item("PRODUCTION.DATE", Text{}.date(block.day));
    record.item("EXPIRY.DATE", Text{}.date(block.day + block.product.shelf_life));
}

void build_lot(const Block& block, std::uint64_t lot, RecordBuilder& record) {
    auto random = block.random_of(a_lot, lot);
    const auto gtin = gtin_of(block.product);
    const auto number = lot_number(block, lot);
    record.start(lot_suffix(block, lot), Text{"01/0"}.add(gtin).add("/10/").add(number),
                 "sample.food.lot/1", moment(block.day, block.first_hour() + 3, random));
    add_name(block.product.name, record);
    record.item("GTIN", gtin);
    record.item("LOT", number);
    add_dates(block, record);
    record.item("INSPECTION", "出厂检验合格 passed final inspection");
    record.item("INSPECTION.REPORT",
                Text{"CC"}.short_date(block.day).number(random.below(10'000), 4));
    record.private_item("COST", Text{}.decimal(random.between(180, 4200), 2).add(" CNY"));
    // The first lot is filled from the first batch, the last from the second, the one between them
    // from both.
    if (lot + 1 < lots_per_block) record.input("REF.BATCH", batch_suffix(block, 0));
    if (lot > 0) record.input("REF.BATCH", batch_suffix(block, 1));
}

void build_carton(const Block& block, std::uint64_t pallet, std::uint64_t carton,
                  RecordBuilder& record) {
    auto random = block.random_of(a_carton, pallet * cartons_per_pallet + carton);
    const auto sscc = carton_suffix(block, pallet, carton);
    const auto lot = pallet / pallets_per_lot;
    const auto& product = block.product;
    record.start(sscc, Text{"00/"}.add(sscc), "sample.food.carton/1",
                 moment(block.day, block.first_hour() + 5, random));
    add_name(product.name, record);
    record.item("GTIN", case_gtin_of(product));
    record.item("LOT", lot_number(block, lot));
    add_dates(block, record);
    const auto weight = product.case_quantity * product.unit_weight + random.between(380, 520);
    record.item("WEIGHT.KG", Text{}.decimal(weight, 3));
    if (random.chance(10))
        record.private_item("COST", Text{}.decimal(random.between(3000, 12'000), 2).add(" CNY"));
    record.input("REF.LOT", lot_suffix(block, lot));
}

void build_pallet(const Block& block, std::uint64_t pallet, RecordBuilder& record) {
    auto random = block.random_of(a_pallet, pallet);
    const auto sscc = pallet_suffix(block, pallet);
    record.start(sscc, Text{"00/"}.add(sscc), "sample.food.pallet/1",
                 moment(block.day, block.first_hour() + 7, random));
    record.item("NAME", Text{block.product.name.chinese}.add(" 托盘"));
    record.item("NAME.EN", Text{block.product.name.english}.add(", pallet"));
    record.item("SSCC", sscc);
    for (std::uint64_t carton = 0; carton < cartons_per_pallet; ++carton)
        record.input("REF.CARTON", carton_suffix(block, pallet, carton));
}

void build_receipt(const Block& block, std::uint64_t pallet, RecordBuilder& record) {
    auto random = block.random_of(a_receipt, pallet);
    const auto suffix = receipt_suffix(block, pallet);
    const auto day = block.day + random.between(1, 6);
    record.start(suffix, Text{"receipt/"}.add(suffix), "sample.food.receipt/1",
                 moment(day, block.first_hour() + 9, random));
    add_name(random.pick(dealers), record);
    record.item("RECEIPT.DATE", Text{}.date(day));
    record.item("INSPECTION", "收货完好 received intact");
    record.private_item("SALES.CONTRACT",
                        Text{"XS"}.short_date(block.day).number(random.below(10'000), 4));
    record.input("REF.PALLET", pallet_suffix(block, pallet));
}

}  // namespace

void build_food_record(std::uint64_t seed, std::uint64_t number, RecordBuilder& record) {
    const auto block = block_of(seed, number / block_size);
    auto place = number % block_size;
    if (place < farms_per_block) return build_farm(block, place, record);
    place -= farms_per_block;
    if (place < raws_per_block) return build_raw(block, place, record);
    place -= raws_per_block;
    if (place < batches_per_block) return build_batch(block, place, record);
    place -= batches_per_block;

    const auto lot = place / lot_size;
    if (place % lot_size == 0) return build_lot(block, lot, record);
    place = place % lot_size - 1;
    const auto pallet = lot * pallets_per_lot + place / pallet_size;
    const auto carton = place % pallet_size;
    if (carton < cartons_per_pallet) return build_carton(block, pallet, carton, record);
    if (carton == cartons_per_pallet) return build_pallet(block, pallet, record);
    build_receipt(block, pallet, record);
}

}  // namespace idnode::resolver
