#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "resolver/sample/chain_industries.hpp"
#include "resolver/sample/chain_names.hpp"
#include "resolver/sample/random.hpp"

// Two heats become twelve coils, each coil two batches of stamped parts; as many batches are made
// of bought reels. A vehicle has 8 assemblies of 12 parts each, two of every kind. Parts that fail
// are exchanged before delivery, and go, repaired, into the next vehicle; some assemblies are
// exchanged years later.

namespace idnode::resolver {
namespace {

constexpr std::string_view steel_prefix = "88.112.6";
constexpr std::string_view prefix = "88.118.8";
constexpr std::string_view company = "9524118";
constexpr std::uint64_t heats = 2;
constexpr std::uint64_t coils_per_heat = 6;
constexpr std::uint64_t batches_per_coil = 2;
constexpr std::uint64_t stamped = heats * coils_per_heat * batches_per_coil;
constexpr std::uint64_t bought = 24;
constexpr std::uint64_t kinds = stamped + bought;
constexpr std::uint64_t assemblies = 8;
constexpr std::uint64_t parts_per_assembly = 12;
constexpr std::uint64_t edges_per_vehicle = assemblies * (2 * parts_per_assembly + 1);
constexpr std::uint64_t vehicles_per_day = 100;

enum Kind : std::uint64_t { an_assembly = 400, a_vehicle };

/// A larger sample has longer campaigns as well as more: a heat reaches that many vehicles.
std::uint64_t vehicles_of(const ChainOptions& options) {
    return std::clamp<std::uint64_t>(options.scale / edges_per_vehicle / 8, 40, 1'000);
}

class AutomotiveCampaign {
public:
    AutomotiveCampaign(ChainWorld& world, const ChainOptions& options, std::uint64_t number)
        : world_{world}, options_{options}, number_{number}, day_{campaign_day(number)} {}

    void run() {
        for (std::uint64_t heat = 0; heat < heats; ++heat) melt(number_ * heats + heat);
        buy();
        const std::uint64_t vehicles = vehicles_of(options_);
        for (std::uint64_t at = 0; at < vehicles && !enough(); ++at)
            build(number_ * vehicles + at,
                  midnight(day_) + days(30 + static_cast<std::int64_t>(at / vehicles_per_day)) +
                      minutes(static_cast<std::int64_t>(at % vehicles_per_day) * 10));
    }

private:
    bool enough() const { return world_.edge_count() >= options_.scale; }

    void melt(std::uint64_t number) {
        const std::int64_t time = midnight(day_) + hours(3);
        const ChainItem heat =
            world_.item(handle_uri(steel_prefix, "H", day_, number), ChainWorld::Notable::yes);
        world_.commission({.time = time, .step = "commissioning"}, {&heat, 1});
        std::vector<ChainItem> coils;
        std::vector<Portion> rolled;
        coils.reserve(coils_per_heat);
        for (std::uint64_t at = 0; at < coils_per_heat; ++at) {
            coils.push_back(
                world_.item(handle_uri(steel_prefix, "C", day_, number * coils_per_heat + at),
                            ChainWorld::Notable::yes));
            rolled.push_back({coils.back()});
        }
        world_.transform({.time = time + days(3), .step = "creating_class_instance"},
                         std::array{Portion{heat}}, rolled);
        for (const ChainItem& coil : coils)
            for (std::uint64_t at = 0; at < batches_per_coil; ++at)
                make_batch(coil, 0, time + days(10) + hours(static_cast<std::int64_t>(at)));
    }

    void buy() {
        for (std::uint64_t at = 0; at < bought; ++at) {
            const ChainItem reel =
                world_.item(TradeItem{company, 900}.lot(fmt::format("REEL{}-{}", number_, at + 1)),
                            ChainWorld::Notable::yes);
            make_batch(reel, 5'000, midnight(day_) + days(12));
        }
    }

    /// `amount`: of what it is made of, where that is a lot.
    void make_batch(const ChainItem& material, std::uint32_t amount, std::int64_t time) {
        lots_.push_back(fmt::format("L{}-{}", number_, lots_.size() + 1));
        batches_.push_back(
            world_.item(kind_of(lots_.size() - 1).lot(lots_.back()), ChainWorld::Notable::yes));
        world_.transform(
            {.time = time, .step = "creating_class_instance"},
            std::array{Portion{material, amount}},
            std::array{Portion{batches_.back(),
                               static_cast<std::uint32_t>(2 * vehicles_of(options_) + 100)}});
    }

    static TradeItem kind_of(std::size_t batch) {
        return {company, static_cast<std::uint32_t>(batch + 1)};
    }

    /// The n-th part of a batch. Its first event states the lot, the others its serial number.
    ChainItem part(std::size_t batch) {
        const std::string serial = fmt::format("{}-{:07}", number_, ++parts_);
        return world_.item(kind_of(batch).link(lots_[batch], serial), ChainWorld::Notable::no,
                           kind_of(batch).serial(serial));
    }

    std::vector<ChainItem> make_parts(std::uint64_t assembly, std::int64_t time) {
        std::vector<ChainItem> parts;
        for (std::uint64_t at = 0; at < parts_per_assembly; ++at) {
            const std::size_t batch = (assembly * parts_per_assembly + at) % kinds;
            parts.push_back(part(batch));
            world_.commission({.time = time, .step = "commissioning"}, {&parts.back(), 1},
                              &batches_[batch]);
        }
        return parts;
    }

    ChainItem assemble(std::uint64_t assembly, std::uint64_t number, std::int64_t time) {
        Random random{options_.seed, an_assembly, number};
        const TradeItem kind{company, static_cast<std::uint32_t>(500 + assembly)};
        const ChainItem unit = world_.item(kind.serial(fmt::format("A{:08}", number)));
        auto parts = make_parts(assembly, time - days(4));
        if (const auto repaired = std::exchange(repaired_[assembly], std::nullopt))
            parts.back() = *repaired;
        if (last_unit_ && random.chance(1))
            world_.put_in_by_mistake({.time = time - minutes(1), .step = "assembling"},
                                     Bond::built_in, parts, *last_unit_);
        world_.put_in({.time = time, .step = "assembling"}, Bond::built_in, parts, unit);
        if (random.chance(3)) {
            exchange(parts.back(), unit, time + hours(6));
            repaired_[assembly] = parts.back();
        }
        last_unit_ = unit;
        return unit;
    }

    /// A part that failed makes room for a new one of its kind.
    void exchange(const ChainItem& part_out, const ChainItem& unit, std::int64_t time) {
        const std::size_t batch = parts_ % kinds;
        const ChainItem spare = part(batch);
        world_.commission({.time = time - hours(1), .step = "commissioning"}, {&spare, 1},
                          &batches_[batch]);
        world_.take_out({.time = time, .step = "disassembling"}, Bond::built_in, {&part_out, 1},
                        unit);
        world_.put_in({.time = time + minutes(5), .step = "assembling"}, Bond::built_in,
                      {&spare, 1}, unit);
    }

    void build(std::uint64_t number, std::int64_t time) {
        Random random{options_.seed, a_vehicle, number};
        const ChainItem vehicle =
            world_.item("hdl:" + std::string{prefix} + '/' + vin(number), ChainWorld::Notable::yes);
        std::vector<ChainItem> units;
        for (std::uint64_t at = 0; at < assemblies; ++at)
            units.push_back(assemble(at, number * assemblies * 2 + at, time - days(2)));
        world_.put_in({.time = time, .step = "installing"}, Bond::built_in, units, vehicle);
        world_.ship({.time = time + days(1), .step = "shipping"}, {&vehicle, 1},
                    place_uri(company, 100 + random.below(50)));
        if (!random.chance(2)) return;
        const std::uint64_t failed = random.below(assemblies);
        const std::int64_t later = time + days(random.between(100, 700));
        const ChainItem fresh =
            assemble(failed, (number * 2 + 1) * assemblies + failed, later - days(10));
        world_.take_out({.time = later, .step = "removing"}, Bond::built_in, {&units[failed], 1},
                        vehicle);
        world_.put_in({.time = later + hours(2), .step = "installing"}, Bond::built_in, {&fresh, 1},
                      vehicle);
    }

    std::string vin(std::uint64_t number) const {
        constexpr std::string_view alphabet = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ";
        const auto write = [&](char check_digit) {
            return fmt::format("LYHSE5{}{}{}R{}{:06}", alphabet[options_.seed % alphabet.size()],
                               alphabet[number / 33'000'000 % alphabet.size()], check_digit,
                               alphabet[number / 1'000'000 % alphabet.size()], number % 1'000'000);
        };
        return write(*protocol::vin_check_digit(write('0')));
    }

    ChainWorld& world_;
    const ChainOptions& options_;
    const std::uint64_t number_;
    const Day day_;
    std::vector<std::string> lots_;
    std::vector<ChainItem> batches_;
    std::uint64_t parts_ = 0;
    std::array<std::optional<ChainItem>, assemblies> repaired_;
    std::optional<ChainItem> last_unit_;
};

}  // namespace

void run_automotive_campaign(ChainWorld& world, const ChainOptions& options, std::uint64_t number) {
    AutomotiveCampaign{world, options, number}.run();
}

}  // namespace idnode::resolver
