#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// What the automotive sample is made of. Makers and models are invented.

namespace idnode::resolver::automotive {

inline constexpr std::uint64_t heats_per_campaign = 2;
inline constexpr std::uint64_t coils_per_campaign = 6;
inline constexpr std::uint64_t batches_per_block = 12;
inline constexpr std::uint64_t assemblies_per_vehicle = 4;
inline constexpr std::uint64_t parts_per_assembly = 6;

struct Name {
    std::string_view chinese;
    std::string_view english;
};

/// A part, and the batch of its block that it is made from.
struct PartKind {
    Name name;
    std::uint64_t batch;
};

/// A kind of batch: the first six are cut from the coil of the same number, the others are bought.
/// No maker's code stands for two kinds of things, nor begins with the L of a Chinese VIN.
struct BatchKind {
    Name name;
    std::string_view maker;
};

struct AssemblyKind {
    Name name;
    std::string_view maker;
    std::array<PartKind, parts_per_assembly> parts;
};

struct Model {
    Name name;
    std::string_view maker_code;  ///< the first three characters of the VIN
    std::string_view attributes;  ///< the three after them
    std::array<std::uint64_t, assemblies_per_vehicle> assemblies;
};

inline constexpr std::array<std::string_view, heats_per_campaign> steel_grades{"DC04", "HC340LA"};

inline constexpr std::array<BatchKind, batches_per_block> batch_kinds{{
    {{"车身外板坯料", "Body panel blanks"}, "CPWB"},
    {{"车门内板坯料", "Door inner blanks"}, "CPMN"},
    {{"深冲壳体坯料", "Deep-drawn shell blanks"}, "CPSC"},
    {{"横梁坯料", "Cross-member blanks"}, "CPHL"},
    {{"支架坯料", "Bracket blanks"}, "CPZJ"},
    {{"控制臂坯料", "Control-arm blanks"}, "CPKZ"},
    {{"铝合金压铸件", "Aluminium die castings"}, "NBLZ"},
    {{"锂离子电芯", "Lithium-ion cells"}, "FJDX"},
    {{"钕铁硼磁钢", "NdFeB magnets"}, "BTCG"},
    {{"印制电路板", "Printed circuit boards"}, "SZDL"},
    {{"滚动轴承", "Rolling bearings"}, "WFZC"},
    {{"橡胶密封件", "Rubber seals"}, "AHMF"},
}};

inline constexpr std::array assembly_kinds{
    AssemblyKind{{"动力电池总成", "Traction battery"},
                 "NDDC",
                 {{{{"电池模组", "Battery module"}, 7},
                   {{"电池下托盘", "Battery tray"}, 2},
                   {{"电池上盖", "Battery cover"}, 2},
                   {{"电池管理系统", "Battery management unit"}, 9},
                   {{"液冷板", "Cooling plate"}, 6},
                   {{"高压接线盒", "High-voltage junction box"}, 9}}}},
    AssemblyKind{{"电驱动总成", "Electric drive unit"},
                 "SHQD",
                 {{{{"转子", "Rotor"}, 8},
                   {{"电机壳体", "Motor housing"}, 6},
                   {{"逆变器", "Inverter"}, 9},
                   {{"输入轴轴承", "Input shaft bearing"}, 10},
                   {{"油封", "Oil seal"}, 11},
                   {{"驱动支架", "Drive bracket"}, 4}}}},
    AssemblyKind{{"发动机总成", "Engine"},
                 "GXFD",
                 {{{{"缸体", "Cylinder block"}, 6},
                   {{"缸盖", "Cylinder head"}, 6},
                   {{"油底壳", "Oil pan"}, 2},
                   {{"曲轴轴承", "Crankshaft bearing"}, 10},
                   {{"曲轴油封", "Crankshaft seal"}, 11},
                   {{"发动机控制单元", "Engine control unit"}, 9}}}},
    AssemblyKind{{"变速器总成", "Gearbox"},
                 "HBBS",
                 {{{{"变速器壳体", "Gearbox housing"}, 6},
                   {{"换挡支架", "Shift bracket"}, 4},
                   {{"输出轴轴承", "Output shaft bearing"}, 10},
                   {{"输出轴油封", "Output shaft seal"}, 11},
                   {{"变速器控制单元", "Gearbox control unit"}, 9},
                   {{"阀体", "Valve body"}, 6}}}},
    AssemblyKind{{"车身总成", "Body in white"},
                 "CQCS",
                 {{{{"左前门", "Front left door"}, 1},
                   {{"右前门", "Front right door"}, 1},
                   {{"前舱盖", "Bonnet"}, 0},
                   {{"背门", "Tailgate"}, 0},
                   {{"左侧围", "Left side panel"}, 0},
                   {{"前横梁", "Front cross-member"}, 3}}}},
    AssemblyKind{{"底盘总成", "Chassis"},
                 "HNDP",
                 {{{{"前副车架", "Front subframe"}, 3},
                   {{"左控制臂", "Left control arm"}, 5},
                   {{"右控制臂", "Right control arm"}, 5},
                   {{"轮毂轴承", "Wheel bearing"}, 10},
                   {{"转向节", "Steering knuckle"}, 6},
                   {{"稳定杆支架", "Stabiliser bracket"}, 4}}}},
};

inline constexpr std::array<std::string_view, 6> part_makers{"JXDY", "ZJWX", "GDSL",
                                                             "JSHC", "TJRF", "XMJG"};

inline constexpr std::array<std::uint64_t, assemblies_per_vehicle> electric{0, 1, 4, 5};
inline constexpr std::array<std::uint64_t, assemblies_per_vehicle> combustion{2, 3, 4, 5};

inline constexpr std::array models{
    Model{{"远航 E5 纯电动轿车", "Yuanhang E5 electric saloon"}, "LYH", "SE5", electric},
    Model{{"远航 X7 纯电动多用途车", "Yuanhang X7 electric SUV"}, "LYH", "UE7", electric},
    Model{{"山河 330 轿车", "Shanhe 330 saloon"}, "L6S", "SA3", combustion},
    Model{{"山河 S6 多用途车", "Shanhe S6 SUV"}, "L6S", "UA6", combustion},
    Model{{"鸿途 T2 纯电动货车", "Hongtu T2 electric van"}, "LHT", "VE2", electric},
};

inline constexpr std::array<Name, 5> colours{{{"珍珠白", "pearl white"},
                                              {"曜石黑", "obsidian black"},
                                              {"流光银", "silver"},
                                              {"中国红", "china red"},
                                              {"天际蓝", "sky blue"}}};

}  // namespace idnode::resolver::automotive
