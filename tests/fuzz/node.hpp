#pragma once

#include "protocol/handle/typed_data.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::fuzz {

/// A node over a few records: public and restricted values, a record for a prefix that was
/// delegated, one for a prefix whose derived prefixes are known elsewhere. Lives as long as the
/// process; its answers do not depend on what was asked before.
class Node : public test::TestNode {
public:
    Node() : TestNode{{.site = site(), .identity = {}}} {
        using test::hidden_value;
        using test::open_value;
        change({
            test::home("88.111.1"),
            test::put(test::url_record("88.111.1/OBJ-00000001", "https://example.org/1", 1)),
            test::put(test::record_of("88.111.1/ADMIN", {open_value(100, "DESC", "an admin", 1),
                                                         hidden_value(301, "HS_SECKEY", "s", 1)})),
            test::put(test::record_of("88.111.1/hidden", {hidden_value(1, "KEY", "s", 1)})),
            test::put(test::record_of("0.NA/88.118.8", {open_value(1, "HS_SITE", site(), 1)})),
            test::put(test::record_of("0.NA/88.119", {open_value(1, "HS_SITE.PREFIX", site(), 1)})),
        });
    }

private:
    static std::string site() { return encode_site(protocol::Site{}); }
};

inline test::TestNode& node() {
    static Node made;
    return made;
}

}  // namespace idnode::fuzz
