#include <array>
#include <vector>

#include "protocol/json/base64.hpp"
#include "registry/digest.hpp"
#include "resolver/sample/chain_industries.hpp"
#include "resolver/sample/chain_names.hpp"
#include "resolver/sample/random.hpp"

// Scrap of several suppliers becomes a heat, the heat eight slabs, each slab a coil. The pickling
// line welds the end of each coil to the beginning of the next one, so that a strip has a bit of
// both: also where one heat ends and the next begins. A strip is slit into four, each of which is
// cut into blanks; now and then the rest of one slit coil is cut together with the next. Blanks
// leave in bundles, which the customer opens.

namespace idnode::resolver {
namespace {

constexpr std::string_view prefix = "88.112.6";
constexpr std::string_view company = "9524112";
constexpr std::uint64_t heats = 8;
constexpr std::uint64_t slabs_per_heat = 8;
constexpr std::uint64_t slits_per_strip = 4;
constexpr std::uint64_t blanks_per_slit = 40;
constexpr std::uint64_t blanks_per_bundle = 10;
constexpr std::uint64_t scrap_lots = 6;
constexpr std::array<std::string_view, 4> grades{"DC04", "DX51D+Z", "HC340LA", "S355J2"};

enum Kind : std::uint64_t { a_heat = 300, a_strip, a_slit };

class SteelCampaign {
public:
    SteelCampaign(ChainWorld& world, const ChainOptions& options, std::uint64_t number)
        : world_{world}, options_{options}, number_{number}, day_{campaign_day(number)} {}

    void run() {
        for (std::uint64_t at = 0; at < scrap_lots; ++at)
            scrap_.push_back(
                world_.item(TradeItem{company, 100}.lot(fmt::format("SCRAP{}-{}", number_, at + 1)),
                            ChainWorld::Notable::yes));
        for (std::uint64_t heat = 0; heat < heats && !enough(); ++heat) melt(heat);
    }

private:
    bool enough() const { return world_.edge_count() >= options_.scale; }

    ChainItem thing(std::string_view kind, std::uint64_t number, ChainWorld::Notable notable) {
        return world_.item(handle_uri(prefix, kind, day_, number), notable);
    }

    void melt(std::uint64_t number) {
        const std::uint64_t heat_number = number_ * heats + number;
        Random random{options_.seed, a_heat, heat_number};
        const std::int64_t time = midnight(day_) + hours(static_cast<std::int64_t>(number));
        const std::string works = place_uri(company, 1);
        const ChainItem heat = thing("H", heat_number, ChainWorld::Notable::yes);
        certify(heat, random, {.time = time, .step = "commissioning", .place = works});
        std::vector<Portion> charge;
        for (std::uint64_t at = 0; at < 3; ++at)
            charge.push_back({.item = scrap_[(number + at * 2) % scrap_lots],
                              .amount = random.between(40, 60) * 1000,
                              .unit = "KGM"});
        world_.transform_in_steps(
            {.time = time + minutes(1), .step = "creating_class_instance", .place = works}, charge,
            {.time = time + minutes(40), .step = "creating_class_instance", .place = works},
            std::array{Portion{heat}});
        std::vector<ChainItem> slabs;
        std::vector<Portion> cast;
        slabs.reserve(slabs_per_heat);
        for (std::uint64_t at = 0; at < slabs_per_heat; ++at) {
            slabs.push_back(thing("S", heat_number * slabs_per_heat + at, ChainWorld::Notable::no));
            cast.push_back({slabs.back()});
        }
        world_.transform(
            {.time = time + minutes(55), .step = "creating_class_instance", .place = works},
            std::array{Portion{heat}}, cast);
        for (std::uint64_t at = 0; at < slabs_per_heat && !enough(); ++at)
            roll(slabs[at], heat_number * slabs_per_heat + at, time + hours(24));
    }

    /// The certificate of EN 10204, its text, and the digest by which anybody can tell whether the
    /// paper in hand is that one.
    void certify(const ChainItem& heat, Random& random, const Happening& happening) {
        const std::string text = fmt::format(
            "EN 10204:2004 3.1; heat {}; grade {}; C 0.{:03} Si 0.{:03} Mn {}.{:02} P 0.{:03} "
            "S 0.{:03}; Rm {} MPa; ReH {} MPa; A80 {} %",
            heat.id.substr(heat.id.find('/') + 1), random.pick(grades), random.between(30, 90),
            random.between(10, 200), random.below(2), random.between(10, 99), random.between(5, 25),
            random.between(2, 15), random.between(300, 520), random.between(180, 360),
            random.between(22, 40));
        const registry::Digest digest = registry::Sha256{}.of(protocol::bytes_of(text));
        world_.commission(happening, {&heat, 1}, nullptr, [&](protocol::JsonWriter& writer) {
            writer.key("sample:certificateType").string("EN 10204 3.1");
            writer.key("sample:certificate").string(text);
            writer.key("sample:certificateSha256")
                .string(protocol::to_hex(protocol::text_of(protocol::Bytes{digest})));
        });
    }

    void roll(const ChainItem& slab, std::uint64_t number, std::int64_t time) {
        const ChainItem coil = thing("C", number, ChainWorld::Notable::yes);
        time += minutes(static_cast<std::int64_t>(number % slabs_per_heat) * 5);
        world_.transform({.time = time, .step = "creating_class_instance"},
                         std::array{Portion{slab}}, std::array{Portion{coil}});
        if (last_coil_) weld(*last_coil_, coil, number, time + hours(8));
        last_coil_ = coil;
    }

    void weld(const ChainItem& first, const ChainItem& second, std::uint64_t number,
              std::int64_t time) {
        const ChainItem strip = thing("W", number, ChainWorld::Notable::yes);
        world_.transform({.time = time, .step = "creating_class_instance"},
                         std::array{Portion{first}, Portion{second}}, std::array{Portion{strip}});
        std::vector<ChainItem> slits;
        std::vector<Portion> portions;
        slits.reserve(slits_per_strip);
        for (std::uint64_t at = 0; at < slits_per_strip; ++at) {
            slits.push_back(thing("L", number * slits_per_strip + at, ChainWorld::Notable::yes));
            portions.push_back({slits.back()});
        }
        world_.transform({.time = time + hours(5), .step = "creating_class_instance"},
                         std::array{Portion{strip}}, portions);
        for (std::uint64_t at = 0; at < slits_per_strip; ++at)
            cut(slits[at], number * slits_per_strip + at,
                time + hours(20) + minutes(static_cast<std::int64_t>(at) * 30));
    }

    void cut(const ChainItem& slit, std::uint64_t number, std::int64_t time) {
        Random random{options_.seed, a_slit, number};
        std::vector<ChainItem> blanks;
        std::vector<Portion> cuts;
        blanks.reserve(blanks_per_slit);
        for (std::uint64_t at = 0; at < blanks_per_slit; ++at) {
            blanks.push_back(thing("B", number * blanks_per_slit + at, ChainWorld::Notable::no));
            cuts.push_back({blanks.back()});
        }
        std::vector<Portion> inputs{{slit}};
        if (last_slit_ && random.chance(5)) inputs.push_back({*last_slit_});
        world_.transform({.time = time, .step = "creating_class_instance"}, inputs, cuts);
        last_slit_ = slit;
        for (std::uint64_t at = 0; at < blanks_per_slit; at += blanks_per_bundle)
            bundle(std::span{blanks}.subspan(at, blanks_per_bundle),
                   (number * blanks_per_slit + at) / blanks_per_bundle, time + hours(2), random);
    }

    void bundle(std::span<const ChainItem> blanks, std::uint64_t number, std::int64_t time,
                Random& random) {
        const std::string works = place_uri(company, 1);
        const std::string customer = place_uri(company, 100 + random.below(20));
        const ChainItem bundle = world_.item(sscc_uri(company, number), ChainWorld::Notable::yes);
        if (last_bundle_ && random.chance(2))
            world_.put_in_by_mistake({.time = time - minutes(1), .step = "packing", .place = works},
                                     Bond::packed, blanks, *last_bundle_);
        world_.put_in({.time = time, .step = "packing", .place = works}, Bond::packed, blanks,
                      bundle);
        world_.ship({.time = time + hours(3), .step = "shipping", .place = works}, {&bundle, 1},
                    customer);
        const std::int64_t there = time + days(2);
        world_.receive({.time = there, .step = "receiving", .place = customer}, {&bundle, 1},
                       works);
        if (random.chance(60))
            world_.empty({.time = there + hours(random.between(1, 200)),
                          .step = "unpacking",
                          .place = customer},
                         Bond::packed, bundle);
        last_bundle_ = bundle;
    }

    ChainWorld& world_;
    const ChainOptions& options_;
    const std::uint64_t number_;
    const Day day_;
    std::vector<ChainItem> scrap_;
    std::optional<ChainItem> last_coil_;
    std::optional<ChainItem> last_slit_;
    std::optional<ChainItem> last_bundle_;
};

}  // namespace

void run_steel_campaign(ChainWorld& world, const ChainOptions& options, std::uint64_t number) {
    SteelCampaign{world, options, number}.run();
}

}  // namespace idnode::resolver
