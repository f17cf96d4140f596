#include "resolver/load/document_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/text_source.hpp"

namespace idnode::resolver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> documents_in(const std::string& text, std::size_t piece = 3) {
    test::TextSource source{text, piece};
    DocumentReader reader{source};
    std::vector<std::string> documents;
    for (std::string each; reader.next(each);) documents.push_back(each);
    return documents;
}

TEST(DocumentReader, CutsDocumentsHoweverTheyAreLaidOut) {
    const std::string text = "{\"a\":[1,{}]}\n{\n  \"b\": 2\n}\n\n[3] {\"c\":4}{\"d\":5}";
    for (const std::size_t piece : {1U, 2U, 7U, 1000U})
        EXPECT_THAT(documents_in(text, piece), ElementsAre("{\"a\":[1,{}]}", "{\n  \"b\": 2\n}",
                                                           "[3]", "{\"c\":4}", "{\"d\":5}"))
            << piece;
}

TEST(DocumentReader, IsNotMisledByBracketsInTexts) {
    const std::string text = R"({"a":"}\"}{\\"})";
    EXPECT_THAT(documents_in(text + text), ElementsAre(text, text));
}

TEST(DocumentReader, LeavesWhatIsNoJsonToItsParser) {
    EXPECT_THAT(documents_in("oops\n{\"a\":1}"), ElementsAre("oops\n", "{\"a\":1}"));
    EXPECT_THAT(documents_in("{\"a\":1"), ElementsAre("{\"a\":1"));
    EXPECT_THAT(documents_in("}{}"), ElementsAre("}", "{}"));
    EXPECT_THAT(documents_in(" \n\t"), IsEmpty());
    EXPECT_THAT(documents_in(""), IsEmpty());
}

}  // namespace
}  // namespace idnode::resolver
