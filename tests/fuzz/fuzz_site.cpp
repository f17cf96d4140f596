#include "protocol/handle/typed_data.hpp"
#include "protocol/json/record_json.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_site(Bytes input) {
    const auto site = protocol::decode_site(input);
    if (!site) return;
    const std::string again = protocol::encode_site(*site);
    require(again.size() == input.size(), "a site encodes to as many octets");
    const auto decoded = protocol::decode_site(bytes_of(again));
    require(decoded && *decoded == *site, "a site decodes to the same again");
    static_cast<void>(protocol::site_hash(site->hash_option, site->hash_filter));
    std::string json;
    protocol::JsonWriter writer{json};
    writer.begin_object();
    write_site(writer, *site);
}

}  // namespace idnode::fuzz
