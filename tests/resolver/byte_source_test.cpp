#include "resolver/load/byte_source.hpp"

#include <gtest/gtest.h>
#include <zstd.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/support/text_source.hpp"

namespace idnode::resolver {
namespace {

/// Everything that a source gives when it is asked for `step` octets at a time.
std::string read_all(ByteSource& source, std::size_t step) {
    std::string all;
    std::vector<std::byte> room(step);
    while (const std::size_t size = source.read(room))
        all += protocol::text_of(std::span{room}.first(size));
    EXPECT_EQ(source.read(room), 0U);
    return all;
}

std::string compressed(const std::string& text, bool checksum = true) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0);
    out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
    ZSTD_freeCCtx(context);
    return out;
}

/// A text of `size` octets that does not compress to nothing.
std::string some_text(std::size_t size) {
    std::string text;
    for (std::uint32_t number = 7; text.size() < size; number = number * 1'664'525 + 1'013'904'223)
        text += std::to_string(number) + '\n';
    text.resize(size);
    return text;
}

class OpenSource : public testing::Test {
protected:
    std::string file(const std::string& content) {
        const auto path = directory_ / ("file" + std::to_string(++files_));
        std::ofstream{path, std::ios::binary} << content;
        return path.string();
    }
    /// What reading the file to its end throws, or "nothing".
    std::string failure(const std::string& path) {
        try {
            read_all(*open_source(path), 1000);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "nothing";
    }

    const test::TempDirectory directory_;
    int files_ = 0;
};

TEST_F(OpenSource, GivesTheOctetsOfAFileInStepsOfAnySize) {
    for (const std::size_t size : {0U, 1U, 3U, 4U, 5U, 100'000U}) {
        const std::string text = some_text(size);
        const std::string path = file(text);
        for (const std::size_t step : {1U, 3U, 1U << 18}) {
            const auto source = open_source(path);
            EXPECT_TRUE(read_all(*source, step) == text) << size << ' ' << step;
            EXPECT_EQ(source->position(), size);
        }
        EXPECT_EQ(size_of(path), size);
    }
}

TEST_F(OpenSource, DecompressesZstdInStepsOfAnySize) {
    for (const std::size_t size : {0U, 1U, 1000U, 1'000'000U})
        for (const bool checksum : {true, false}) {
            const std::string text = some_text(size);
            const std::string packed = compressed(text, checksum);
            const std::string path = file(packed);
            for (const std::size_t step : {1U, 1000U, 1U << 20}) {
                const auto source = open_source(path);
                EXPECT_TRUE(read_all(*source, step) == text) << size << ' ' << step;
                EXPECT_EQ(source->position(), packed.size());
            }
        }
}

TEST_F(OpenSource, DecompressesFramesThatStandBehindEachOther) {
    const std::string path = file(compressed("one\n") + compressed("") + compressed("two\n"));
    EXPECT_EQ(read_all(*open_source(path), 3), "one\ntwo\n");
}

TEST_F(OpenSource, FindsADamagedZstdFile) {
    const std::string packed = compressed(some_text(100'000));
    for (std::size_t at = 5; at < packed.size(); at += packed.size() / 20) {
        std::string damaged = packed;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
        EXPECT_TRUE(failure(file(damaged)).starts_with("the zstd file ")) << at;
    }
    EXPECT_TRUE(failure(file(packed + "more")).starts_with("the zstd file is damaged: "));
}

TEST_F(OpenSource, FindsAZstdFileThatEndsTooEarly) {
    const std::string packed = compressed(some_text(300'000));
    for (const std::size_t size :
         {std::size_t{4}, std::size_t{6}, packed.size() / 2, packed.size() - 4, packed.size() - 1})
        EXPECT_EQ(failure(file(packed.substr(0, size))), "the zstd file ends too early") << size;
    EXPECT_EQ(failure(file(packed)), "nothing");
}

TEST_F(OpenSource, RefusesAZstdWindowThatWouldTakeAllMemory) {
    // A frame header (RFC 8878 §3.1.1) that wants a window of 2 GiB.
    EXPECT_TRUE(failure(file(std::string{"\x28\xb5\x2f\xfd\x00\xa8\x00\x00\x00", 9}))
                    .starts_with("the zstd file is damaged: "));
}

TEST_F(OpenSource, SaysWhichFileCannotBeRead) {
    const std::string none = (directory_ / "none").string();
    EXPECT_EQ(failure(none), "cannot read " + none + ": No such file or directory");
    const std::string directory = directory_.path().string();
    EXPECT_EQ(failure(directory), "cannot read " + directory + ": Is a directory");
    EXPECT_EQ(size_of(none), 0U);
    EXPECT_EQ(size_of(directory), 0U);
}

TEST_F(OpenSource, ReadsStandardInputForADash) {
    const std::string path = file("from a pipe\n");
    const std::string said = test::run_in_child([&] {
        if (!std::freopen(path.c_str(), "r", stdin)) return std::string{"no standard input"};
        return read_all(*open_source("-"), 5);
    });
    EXPECT_EQ(said, "from a pipe\n");
}

struct Lines {
    std::vector<std::string> texts;
    std::vector<std::uint64_t> too_long;  ///< numbers
};

Lines lines_of(const std::string& text, std::size_t step = 1 << 20) {
    test::TextSource source{text, step};
    LineReader reader{source};
    Lines lines;
    LineReader::Line line;
    while (reader.next(line)) {
        lines.texts.emplace_back(line.text);
        EXPECT_EQ(line.number, lines.texts.size());
        if (line.too_long) lines.too_long.push_back(line.number);
    }
    EXPECT_FALSE(reader.next(line));
    return lines;
}

TEST(LineReader, CutsAtLineFeedsWithOrWithoutACarriageReturn) {
    using Texts = std::vector<std::string>;
    for (const std::size_t step : {1U, 2U, 1000U}) {
        EXPECT_EQ(lines_of("a\nb\r\n\nc\n", step).texts, (Texts{"a", "b", "", "c"}));
        EXPECT_EQ(lines_of("a\nb", step).texts, (Texts{"a", "b"}));
        EXPECT_EQ(lines_of("a\nb\r", step).texts, (Texts{"a", "b"}));
        EXPECT_EQ(lines_of("a\rb\r\r\n", step).texts, (Texts{"a\rb\r"}));
        EXPECT_EQ(lines_of("\n", step).texts, (Texts{""}));
        EXPECT_EQ(lines_of("", step).texts, Texts{});
        EXPECT_EQ(lines_of(std::string{"a\0b\n", 4}, step).texts, (Texts{{"a\0b", 3}}));
    }
}

TEST(LineReader, CutsManyLinesAcrossItsBuffer) {
    std::string text;
    std::vector<std::string> expected;
    for (std::size_t number = 0; number < 20'000; ++number) {
        expected.push_back(std::string(number % 97, 'x') + std::to_string(number));
        text += expected.back() + '\n';
    }
    EXPECT_EQ(lines_of(text, 4093).texts, expected);
}

TEST(LineReader, TakesLinesUpToItsLimitAndTheBeginningOfLongerOnes) {
    constexpr std::size_t most = LineReader::line_size_max;
    for (const std::size_t excess : {std::size_t{1}, std::size_t{100}, most, 2 * most + 3}) {
        const std::string longest(most, 'x');
        const Lines lines =
            lines_of("a\n" + longest + "\n" + longest + std::string(excess, 'y') + "\nb\n");
        ASSERT_EQ(lines.texts.size(), 4U) << excess;
        EXPECT_TRUE(lines.texts[1] == longest) << excess;
        EXPECT_TRUE(lines.texts[2] == longest) << excess << ' ' << lines.texts[2].size();
        EXPECT_EQ(lines.texts[3], "b");
        EXPECT_EQ(lines.too_long, std::vector<std::uint64_t>{3}) << excess;
    }
}

TEST(LineReader, TakesTheSameLinesForTooLongHoweverTheyArrive) {
    constexpr std::size_t most = LineReader::line_size_max;
    const std::string text = std::string(most, 'x') + "\r\n" + std::string(most + 1, 'x') + '\n';
    for (const std::size_t step : {std::size_t{100'000}, std::size_t{1} << 18, 3 * most})
        EXPECT_EQ(lines_of(text, step).too_long, std::vector<std::uint64_t>{2}) << step;
}

TEST(LineReader, TakesAnEndlessLastLineForTooLong) {
    const Lines lines = lines_of("a\n" + std::string(3 * LineReader::line_size_max, 'x'));
    ASSERT_EQ(lines.texts.size(), 2U);
    EXPECT_EQ(lines.too_long, std::vector<std::uint64_t>{2});
    EXPECT_EQ(lines.texts[1].size(), LineReader::line_size_max);
}

}  // namespace
}  // namespace idnode::resolver
