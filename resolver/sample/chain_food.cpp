#include <array>
#include <optional>
#include <vector>

#include "resolver/sample/chain_industries.hpp"
#include "resolver/sample/chain_names.hpp"
#include "resolver/sample/random.hpp"

// A silo takes the milk of 24 farms and is never quite empty: between two fillings four finished
// lots are drawn from it, so that a lot has something of every farm before it and of none after it.
// Each lot goes into cartons and onto a pallet; a lorry takes pallets to the warehouse, where they
// are broken up and packed anew, three lots mixed, each for one shop. A shop unpacks, puts the
// cartons on its shelves and sells most of them.

namespace idnode::resolver {
namespace {

constexpr std::string_view company = "9524130";
constexpr std::uint64_t farms = 24;
constexpr std::uint64_t lots_per_filling = 4;
constexpr std::uint64_t cartons_per_lot = 30;
constexpr std::uint64_t lots_per_round = 3;
constexpr std::uint64_t lorries = 4;
constexpr std::uint64_t shops = 20;
constexpr std::uint64_t shop_numbers = 80'000;

enum Kind : std::uint64_t { a_lot = 500, a_round };

class FoodCampaign {
public:
    FoodCampaign(ChainWorld& world, const ChainOptions& options, std::uint64_t number)
        : world_{world},
          options_{options},
          number_{number},
          start_{midnight(campaign_day(number))},
          silo_{lot_of(10, "SILO", 0)},
          culture_{lot_of(11, "CULTURE", 0)} {
        for (std::uint64_t at = 0; at < lorries; ++at)
            lorries_.push_back(
                world_.item(fmt::format("urn:epc:id:giai:{}.LORRY{}-{}", company, number_, at + 1),
                            ChainWorld::Notable::yes));
        for (std::uint64_t at = 0; at < shops; ++at)
            shops_.push_back(
                world_.item(place_uri(company, 1'000 + (number_ * shops + at) % shop_numbers),
                            ChainWorld::Notable::yes));
    }

    void run() {
        for (std::uint64_t farm = 0; farm < farms && !enough(); ++farm) {
            fill(farm);
            for (std::uint64_t at = 0; at < lots_per_filling && !enough(); ++at)
                draw(farm * lots_per_filling + at);
        }
        if (!round_.empty()) distribute();
    }

private:
    struct Pallet {
        ChainItem unit;
        std::vector<ChainItem> cartons;
        std::int64_t packed_at = 0;
    };

    bool enough() const { return world_.edge_count() >= options_.scale; }

    ChainItem lot_of(std::uint32_t kind, std::string_view name, std::uint64_t at) {
        return world_.item(TradeItem{company, kind}.lot(fmt::format("{}{}-{}", name, number_, at)),
                           ChainWorld::Notable::yes);
    }

    void fill(std::uint64_t farm) {
        const ChainItem milk = lot_of(1 + static_cast<std::uint32_t>(farm % 9), "FARM", farm + 1);
        world_.transform({.time = filled_at(farm), .step = "creating_class_instance"},
                         std::array{Portion{milk, 4'000, "KGM"}},
                         std::array{Portion{silo_, 4'000, "KGM"}});
    }
    std::int64_t filled_at(std::uint64_t farm) const {
        return start_ + hours(static_cast<std::int64_t>(farm));
    }

    void draw(std::uint64_t number) {
        Random random{options_.seed, a_lot, number_ * farms * lots_per_filling + number};
        const TradeItem kind{company, 50 + random.below(5)};
        const std::string name = fmt::format("Y{}-{:03}", number_, number + 1);
        const ChainItem lot = world_.item(kind.lot(name), ChainWorld::Notable::yes);
        const std::int64_t time =
            filled_at(number / lots_per_filling) +
            minutes(10 * (1 + static_cast<std::int64_t>(number % lots_per_filling)));
        world_.transform({.time = time, .step = "creating_class_instance"},
                         std::array{Portion{silo_, random.between(400, 600), "KGM"},
                                    Portion{culture_, random.between(1, 9), "KGM"}},
                         std::array{Portion{lot, static_cast<std::uint32_t>(cartons_per_lot)}});
        Pallet pallet{.unit = world_.item(sscc_uri(company, next_unit()), ChainWorld::Notable::yes),
                      .cartons = {},
                      .packed_at = time + hours(4)};
        for (std::uint64_t at = 0; at < cartons_per_lot; ++at) {
            const std::string serial = fmt::format("{}-{:02}", name, at + 1);
            pallet.cartons.push_back(
                world_.item(kind.link(name, serial), ChainWorld::Notable::no, kind.serial(serial)));
        }
        world_.commission({.time = time + hours(3), .step = "commissioning"}, pallet.cartons, &lot);
        if (!round_.empty() && random.chance(5))
            world_.put_in_by_mistake({.time = pallet.packed_at - minutes(1), .step = "packing"},
                                     Bond::packed, pallet.cartons, round_.back().unit);
        world_.put_in({.time = pallet.packed_at, .step = "packing"}, Bond::packed, pallet.cartons,
                      pallet.unit);
        round_.push_back(std::move(pallet));
        if (round_.size() == lots_per_round) distribute();
    }

    std::uint64_t next_unit() {
        constexpr std::uint64_t units_per_campaign = farms * lots_per_filling * 2;
        return number_ * units_per_campaign + units_++;
    }

    /// Takes the pallets of one round to the warehouse and what is on them on to the shops.
    void distribute() {
        const std::string dairy = place_uri(company, 1);
        const std::string warehouse = place_uri(company, 2);
        const ChainItem& lorry = lorries_[rounds_ % lorries];
        std::vector<ChainItem> units;
        for (const Pallet& pallet : round_) units.push_back(pallet.unit);
        const std::int64_t left = round_.back().packed_at + hours(2);
        const std::int64_t there = left + hours(3);
        world_.put_in({.time = left, .step = "loading", .place = dairy}, Bond::packed, units,
                      lorry);
        world_.ship({.time = left + minutes(5), .step = "shipping", .place = dairy}, units,
                    warehouse);
        world_.receive({.time = there, .step = "receiving", .place = warehouse}, units, dairy);
        world_.take_out({.time = there + minutes(5), .step = "unloading", .place = warehouse},
                        Bond::packed, units, lorry);
        for (std::uint64_t at = 0; at < round_.size(); ++at)
            world_.empty({.time = there + hours(1) + minutes(static_cast<std::int64_t>(at)),
                          .step = "unpacking",
                          .place = warehouse},
                         Bond::packed, round_[at].unit);
        for (std::uint64_t at = 0; at < round_.size(); ++at)
            deliver(at, there + hours(5) + minutes(static_cast<std::int64_t>(at)));
        round_.clear();
        ++rounds_;
    }

    /// Packs every third carton of each pallet of the round, and takes them to one shop.
    void deliver(std::uint64_t turn, std::int64_t time) {
        const std::string warehouse = place_uri(company, 2);
        const std::uint64_t number = next_unit();
        Random random{options_.seed, a_round, number};
        const ChainItem unit = world_.item(sscc_uri(company, number), ChainWorld::Notable::yes);
        const ChainItem& shop = shops_[random.below(shops)];
        std::vector<ChainItem> cartons;
        for (const Pallet& pallet : round_)
            for (std::uint64_t at = turn; at < pallet.cartons.size(); at += round_.size())
                cartons.push_back(pallet.cartons[at]);
        world_.put_in({.time = time, .step = "packing", .place = warehouse}, Bond::packed, cartons,
                      unit);
        world_.ship({.time = time + hours(1), .step = "shipping", .place = warehouse}, {&unit, 1},
                    shop.id);
        const std::int64_t there = time + hours(random.between(2, 9));
        world_.receive({.time = there, .step = "receiving", .place = shop.id}, {&unit, 1},
                       warehouse);
        world_.take_out({.time = there + minutes(20), .step = "unpacking", .place = shop.id},
                        Bond::packed, cartons, unit);
        world_.put_in({.time = there + minutes(30), .step = "stocking", .place = shop.id},
                      Bond::built_in, cartons, shop);
        for (const ChainItem& carton : cartons)
            if (random.chance(70))
                world_.take_out({.time = there + hours(random.between(2, 200)),
                                 .step = "retail_selling",
                                 .place = shop.id},
                                Bond::built_in, {&carton, 1}, shop);
    }

    ChainWorld& world_;
    const ChainOptions& options_;
    const std::uint64_t number_;
    const std::int64_t start_;
    const ChainItem silo_;
    const ChainItem culture_;
    std::vector<ChainItem> lorries_;
    std::vector<ChainItem> shops_;
    std::vector<Pallet> round_;  ///< those that wait for the lorry
    std::uint64_t units_ = 0;
    std::uint64_t rounds_ = 0;
};

}  // namespace

void run_food_campaign(ChainWorld& world, const ChainOptions& options, std::uint64_t number) {
    FoodCampaign{world, options, number}.run();
}

}  // namespace idnode::resolver
