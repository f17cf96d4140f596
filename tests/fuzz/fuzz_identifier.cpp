#include "protocol/schemes/identifier.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_identifier(Bytes input) {
    for (const protocol::Identifier& each : protocol::recognise(text_of(input))) {
        require(!each.canonical.empty(), "what is recognised has a canonical form");
        const auto again = protocol::parse_identifier(each.canonical, each.scheme);
        if (!again && each.canonical.size() > protocol::identifier_size_max) continue;
        require(again && again->canonical == each.canonical, "a canonical form is its own");
        for (const std::string& name : each.classes) {
            const auto parsed = protocol::parse_identifier(name, each.scheme);
            require(parsed && parsed->names_class, "a class is recognised as one");
        }
        const auto elements = protocol::element_string_of(each);
        require(elements.has_value() == (each.scheme == protocol::Scheme::gs1),
                "every GS1 identifier has an element string, and nothing else");
        if (elements)
            require(protocol::identify(*elements).canonical == each.canonical,
                    "an element string leads back to its identifier");
    }
}

}  // namespace idnode::fuzz
