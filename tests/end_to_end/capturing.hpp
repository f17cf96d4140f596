#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {

/// A node that takes events from its operator and from accounts of a test.
class Capturing : public ::testing::Test {
protected:
    /// `more` stands behind what every such node is configured to.
    void start(std::string_view more = {});
    void restart();
    void TearDown() override;

    /// As the operator, unless `who` (an Authorization header) says otherwise.
    HttpsAnswer ask(const std::string& method, const std::string& target,
                    const std::string& body = {}, const std::string& who = {});
    /// An account with this role for 88.1, and its Authorization header.
    std::string account(const std::string& name,
                        const std::string& role = "enterprise_application");
    /// Captures events, with commas between, and expects that to be done.
    void capture(std::string_view events, const std::string& who = {});

    Node node_;
    std::string boss_;
};

std::string epcis_document(std::string_view events);

/// An ObjectEvent of that id about urn:x:ID, on the 1st of January 2026.
std::string object_event(const std::string& id, const std::string& biz_step = "shipping");
/// What goes in and what comes out, each with its quotes and commas.
std::string transformation(const std::string& id, const std::string& inputs,
                           const std::string& outputs);

/// The eventIDs of an EPCISQueryDocument, in its order.
std::vector<std::string> event_ids(const std::string& document);

}  // namespace idnode::end_to_end
