#include "protocol/epcis/vocabulary.hpp"

#include <algorithm>
#include <array>

namespace idnode::protocol::epcis {
namespace {

constexpr std::array<std::string_view, 41> biz_steps{"accepting",
                                                     "arriving",
                                                     "assembling",
                                                     "collecting",
                                                     "commissioning",
                                                     "consigning",
                                                     "creating_class_instance",
                                                     "cycle_counting",
                                                     "decommissioning",
                                                     "departing",
                                                     "destroying",
                                                     "disassembling",
                                                     "dispensing",
                                                     "encoding",
                                                     "entering_exiting",
                                                     "holding",
                                                     "inspecting",
                                                     "installing",
                                                     "killing",
                                                     "loading",
                                                     "other",
                                                     "packing",
                                                     "picking",
                                                     "receiving",
                                                     "removing",
                                                     "repackaging",
                                                     "repairing",
                                                     "replacing",
                                                     "reserving",
                                                     "retail_selling",
                                                     "shipping",
                                                     "staging_outbound",
                                                     "stock_taking",
                                                     "stocking",
                                                     "storing",
                                                     "transporting",
                                                     "unloading",
                                                     "unpacking",
                                                     "void_shipping",
                                                     "sensor_reporting",
                                                     "sampling"};
constexpr std::array<std::string_view, 33> dispositions{"active",
                                                        "container_closed",
                                                        "damaged",
                                                        "destroyed",
                                                        "dispensed",
                                                        "disposed",
                                                        "encoded",
                                                        "expired",
                                                        "in_progress",
                                                        "in_transit",
                                                        "inactive",
                                                        "no_pedigree_match",
                                                        "non_sellable_other",
                                                        "partially_dispensed",
                                                        "recalled",
                                                        "reserved",
                                                        "retail_sold",
                                                        "returned",
                                                        "sellable_accessible",
                                                        "sellable_not_accessible",
                                                        "stolen",
                                                        "unknown",
                                                        "available",
                                                        "completeness_verified",
                                                        "completeness_inferred",
                                                        "conformant",
                                                        "container_open",
                                                        "mismatch_instance",
                                                        "mismatch_class",
                                                        "mismatch_quantity",
                                                        "needs_replacement",
                                                        "non_conformant",
                                                        "unavailable"};
constexpr std::array<std::string_view, 13> biz_transaction_types{
    "bol",       "cert",   "desadv", "inv",     "pedigree", "po",   "poc",
    "prodorder", "recadv", "rma",    "testprd", "testres",  "upevt"};
constexpr std::array<std::string_view, 3> source_destination_types{"owning_party",
                                                                   "possessing_party", "location"};
constexpr std::array<std::string_view, 2> error_reasons{"did_not_occur", "incorrect_data"};
constexpr std::array<std::string_view, 14> components{"x",
                                                      "y",
                                                      "z",
                                                      "axial_distance",
                                                      "azimuth",
                                                      "height",
                                                      "spherical_radius",
                                                      "polar_angle",
                                                      "elevation_angle",
                                                      "easting",
                                                      "northing",
                                                      "latitude",
                                                      "longitude",
                                                      "altitude"};
constexpr std::array<std::string_view, 2> sensor_alerts{"ALARM_CONDITION", "ERROR_CONDITION"};

template <class Terms>
bool is_among(const Terms& terms, std::string_view term) noexcept {
    return std::ranges::find(terms, term) != terms.end();
}

}  // namespace

bool is_biz_step(std::string_view term) noexcept { return is_among(biz_steps, term); }
bool is_disposition(std::string_view term) noexcept { return is_among(dispositions, term); }
bool is_biz_transaction_type(std::string_view term) noexcept {
    return is_among(biz_transaction_types, term);
}
bool is_source_destination_type(std::string_view term) noexcept {
    return is_among(source_destination_types, term);
}
bool is_error_reason(std::string_view term) noexcept { return is_among(error_reasons, term); }
bool is_component(std::string_view term) noexcept { return is_among(components, term); }
bool is_sensor_alert(std::string_view term) noexcept { return is_among(sensor_alerts, term); }

}  // namespace idnode::protocol::epcis
