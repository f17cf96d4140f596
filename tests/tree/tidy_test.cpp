#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace idnode {
namespace {

// What no compiler sees to: which folder may include what, where LMDB may be named, and how long
// lines, functions and files may be. Each fault is one line, "path:line: what is wrong".

using Faults = std::vector<std::string>;
using testing::IsEmpty;

constexpr std::size_t file_lines_max = 400;
constexpr std::size_t function_lines_max = 50;
constexpr std::size_t line_columns_max = 100;

/// One source file. Its path stands below the source directory and begins with its folder.
struct Source {
    std::string path;
    std::vector<std::string> lines;

    std::string folder() const { return path.substr(0, path.find('/')); }
    bool is_product() const { return folder() != "tests" && folder() != "bench"; }
};

Source make_source(std::string path, const std::string& text) {
    Source source{.path = std::move(path), .lines = {}};
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) source.lines.push_back(line);
    return source;
}

std::string at(const Source& source, std::size_t line, const std::string& what) {
    return source.path + ':' + std::to_string(line + 1) + ": " + what;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// What an include directive names, with its brackets or quotes; empty for any other line.
std::string_view included_by(std::string_view line) {
    const auto skip = [&](std::string_view word) {
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        const bool found = line.starts_with(word);
        if (found) line.remove_prefix(word.size());
        return found;
    };
    if (!skip("#") || !skip("include")) return {};
    skip("");
    const std::size_t end = line.find_first_of(">\"", 1);
    return end == std::string_view::npos ? line : line.substr(0, end + 1);
}

template <class Names>
bool names(const Names& all, std::string_view name) {
    return std::find(all.begin(), all.end(), name) != all.end();
}

/// Whether a folder may include one of the project's own folders.
bool may_point_to(std::string_view from, std::string_view to) {
    constexpr std::array<std::string_view, 3> downward{"protocol", "registry", "resolver"};
    const auto rank = [&](std::string_view folder) {
        return std::find(downward.begin(), downward.end(), folder) - downward.begin();
    };
    return names(downward, to) && rank(to) <= rank(from);
}

/// Whether a product folder may include something of the system: `name` without brackets.
bool may_use(const Source& source, std::string_view name) {
    constexpr std::array<std::string_view, 2> for_all{"openssl/evp.h", "arpa/inet.h"};
    // Beside LMDB, what it takes to ask the system why LMDB could not write.
    constexpr std::array<std::string_view, 7> for_registry{"boost/container/static_vector.hpp",
                                                           "boost/unordered/unordered_flat_map.hpp",
                                                           "xxhash.h",
                                                           "sys/mman.h",
                                                           "fcntl.h",
                                                           "sys/resource.h",
                                                           "sys/stat.h"};
    constexpr std::array<std::string_view, 3> all{"boost/system/", "boost/endian/", "boost/json/"};
    if (name == "lmdb.h") return source.path == "registry/lmdb.hpp";
    if (source.folder() == "resolver") return true;
    if (name.find_first_of("/.") == std::string_view::npos) return true;  // standard C++
    if (source.folder() == "registry" && names(for_registry, name)) return true;
    return names(for_all, name) ||
           std::ranges::any_of(all, [&](std::string_view stem) { return name.starts_with(stem); });
}

void find_wrong_includes(const Source& source, Faults& faults) {
    for (std::size_t line = 0; line < source.lines.size(); ++line) {
        const std::string_view whole = included_by(source.lines[line]);
        if (whole.size() < 2) continue;
        const std::string_view name = whole.substr(1, whole.size() - 2);
        const bool fine = !source.is_product() ? true
                          : whole.front() == '<'
                              ? may_use(source, name)
                              : may_point_to(source.folder(), name.substr(0, name.find('/')));
        if (!fine)
            faults.push_back(
                at(source, line, source.folder() + " may not include " + std::string{whole}));
    }
}

void find_lmdb(const Source& source, Faults& faults) {
    if (!source.is_product() || source.folder() == "registry") return;
    for (std::size_t line = 0; line < source.lines.size(); ++line)
        for (const std::string_view name : {"mdb_", "MDB_"}) {
            const std::string& text = source.lines[line];
            const std::size_t place = text.find(name);
            if (place == std::string::npos || (place > 0 && is_word(text[place - 1]))) continue;
            faults.push_back(at(source, line, "only registry may name " + std::string{name}));
        }
}

void find_excess(const Source& source, Faults& faults) {
    if (source.lines.size() > file_lines_max)
        faults.push_back(at(source, source.lines.size() - 1, "the file is longer than 400 lines"));
    for (std::size_t line = 0; line < source.lines.size(); ++line) {
        const std::string& text = source.lines[line];
        const auto columns =
            std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xc0') != '\x80'; });
        if (static_cast<std::size_t>(columns) > line_columns_max)
            faults.push_back(at(source, line, "the line is longer than 100 columns"));
    }
    const bool header = source.path.ends_with(".hpp");
    if (header && (source.lines.empty() || source.lines[0] != "#pragma once"))
        faults.push_back(at(source, 0, "the first line is not #pragma once"));
}

/// The text without comments, directives and what stands in quotes; line ends stay.
std::string bare_code(const Source& source) {
    std::string text;
    for (const std::string& line : source.lines) {
        const std::size_t first = line.find_first_not_of(' ');
        const bool directive = first != std::string::npos && line[first] == '#';
        text += (directive ? std::string{} : line) + '\n';
    }
    std::string bare;
    const auto skip_to = [&](std::size_t& place, std::string_view end, bool escapes) {
        while (place < text.size() && !std::string_view{text}.substr(place).starts_with(end)) {
            if (escapes && text[place] == '\\') ++place;
            if (place < text.size() && text[place] == '\n') bare += '\n';
            ++place;
        }
        place += end.size();
    };
    for (std::size_t place = 0; place < text.size();) {
        const std::string_view rest = std::string_view{text}.substr(place);
        const bool in_word = place > 0 && is_word(text[place - 1]);
        if (rest.starts_with("//")) {
            place = std::min(text.find('\n', place), text.size());
        } else if (rest.starts_with("/*")) {
            skip_to(place, "*/", false);
        } else if (rest.starts_with("R\"") && !in_word) {
            const std::size_t open = std::min(text.find('(', place), text.size() - 1);
            const std::string end = ')' + text.substr(place + 2, open - place - 2) + '"';
            place = open + 1;
            skip_to(place, end, false);
        } else if (rest[0] == '"' || (rest[0] == '\'' && !in_word)) {
            ++place;
            skip_to(place, rest.substr(0, 1), true);
        } else {
            bare += text[place++];
        }
    }
    return bare;
}

/// Follows braces outside of functions, and measures each function from the first line of its
/// head to its last brace. What has a parenthesis before its brace counts for a function.
class FunctionMeter {
public:
    FunctionMeter(const Source& source, Faults& faults) : source_{source}, faults_{faults} {}

    void measure() {
        const std::string code = bare_code(source_);
        for (std::size_t place = 0; place < code.size(); ++place) {
            const char c = code[place];
            if (c == '{') {
                open();
            } else if (c == '}') {
                const std::size_t next = code.find_first_not_of(" \n", place + 1);
                // In a list of initialised members the head of the constructor goes on.
                close(next != std::string::npos && (code[next] == ',' || code[next] == '{'));
            } else if (inside_ == 0) {
                add(c);
            }
            if (c == '\n') ++line_;
        }
    }

private:
    void add(char c) {
        if (c == ';' || (c == ':' && (head_ == "public" || head_ == "private"))) {
            head_.clear();
            return;
        }
        if (head_.empty() && std::isspace(static_cast<unsigned char>(c))) return;
        if (head_.empty()) head_line_ = line_;
        head_ += c;
    }

    enum class Block { scope, function, table };

    /// What the brace behind the head opens.
    Block kind() const {
        std::string_view head = head_;
        if (head.starts_with("template")) {
            std::size_t place = head.find('<');
            for (int depth = 1; depth > 0 && ++place < head.size();)
                depth += head[place] == '<' ? 1 : head[place] == '>' ? -1 : 0;
            head.remove_prefix(std::min(place + 1, head.size()));
        }
        head.remove_prefix(std::min(head.find_first_not_of(" \n"), head.size()));
        head = head.substr(0, head.find_last_not_of(" \n") + 1);
        for (const std::string_view word : {"namespace", "class ", "struct ", "union ", "extern"})
            if (head.starts_with(word) && !head.ends_with(')')) return Block::scope;
        return head.find('(') == std::string_view::npos ? Block::table : Block::function;
    }

    void open() {
        ++depth_;
        if (inside_ > 0) return;
        const Block block = kind();
        if (block == Block::scope) return head_.clear();
        inside_ = depth_;
        counts_ = block == Block::function;
    }

    void close(bool head_goes_on) {
        if (inside_ > 0 && inside_ == depth_) {
            const std::size_t lines = line_ - head_line_ + 1;
            if (counts_ && lines > function_lines_max)
                faults_.push_back(at(source_, head_line_,
                                     "the function has " + std::to_string(lines) + " lines"));
            inside_ = 0;
        }
        if (depth_ > 0) --depth_;
        if (inside_ == 0 && !head_goes_on) head_.clear();
    }

    const Source& source_;
    Faults& faults_;
    std::string head_;  ///< since the last statement or block
    std::size_t head_line_ = 0;
    std::size_t line_ = 0;
    std::size_t depth_ = 0;
    std::size_t inside_ = 0;  ///< the depth of the function or table that is open, or 0
    bool counts_ = false;     ///< it is a function
};

Faults faults_of(const Source& source) {
    Faults faults;
    find_wrong_includes(source, faults);
    find_lmdb(source, faults);
    find_excess(source, faults);
    FunctionMeter{source, faults}.measure();
    return faults;
}

std::vector<Source> all_sources() {
    std::vector<Source> sources;
    const std::filesystem::path root{IDNODE_SOURCE_DIR};
    for (const char* folder : {"protocol", "registry", "resolver", "tests", "bench"}) {
        if (!std::filesystem::exists(root / folder)) continue;
        for (const auto& file : std::filesystem::recursive_directory_iterator{root / folder}) {
            const std::string kind = file.path().extension();
            if (kind != ".hpp" && kind != ".cpp") continue;
            std::ostringstream text;
            text << std::ifstream{file.path()}.rdbuf();
            sources.push_back(
                make_source(std::filesystem::relative(file.path(), root).string(), text.str()));
        }
    }
    return sources;
}

TEST(Tree, KeepsItsRules) {
    const auto sources = all_sources();
    EXPECT_GT(sources.size(), 80U);
    for (const Source& source : sources)
        for (const std::string& fault : faults_of(source)) ADD_FAILURE() << fault;
}

std::size_t count_headings(const char* file) {
    std::ifstream stream{std::filesystem::path{IDNODE_SOURCE_DIR} / file};
    EXPECT_TRUE(stream) << file;
    std::size_t count = 0;
    for (std::string line; std::getline(stream, line);) count += line.starts_with("## ");
    return count;
}

TEST(Readme, HasTheSameChaptersInBothLanguages) {
    EXPECT_GT(count_headings("README.md"), 0U);
    EXPECT_EQ(count_headings("README.md"), count_headings("README.zh-CN.md"));
}

Faults faults_in(const std::string& path, const std::string& text) {
    return faults_of(make_source(path, text));
}

TEST(TreeRules, LetIncludesPointDownwardOnly) {
    const auto wrong = [](const std::string& path, const std::string& include) {
        return !faults_in(path, "#include " + include + "\n").empty();
    };
    EXPECT_FALSE(wrong("protocol/a.cpp", "\"protocol/b.hpp\""));
    EXPECT_TRUE(wrong("protocol/a.cpp", "\"registry/b.hpp\""));
    EXPECT_TRUE(wrong("protocol/a.cpp", "\"resolver/b.hpp\""));
    EXPECT_TRUE(wrong("protocol/a.cpp", "\"b.hpp\""));
    EXPECT_FALSE(wrong("registry/a.cpp", "\"protocol/b.hpp\""));
    EXPECT_FALSE(wrong("registry/a.cpp", "\"registry/b.hpp\""));
    EXPECT_TRUE(wrong("registry/a.cpp", "\"resolver/b.hpp\""));
    EXPECT_FALSE(wrong("resolver/http/a.cpp", "\"registry/b.hpp\""));
    for (const char* folder : {"protocol", "registry", "resolver"})
        for (const char* include : {"\"tests/a.hpp\"", "\"bench/a.hpp\""})
            EXPECT_TRUE(wrong(std::string{folder} + "/a.cpp", include)) << folder << include;
    EXPECT_FALSE(wrong("tests/a.cpp", "\"tests/support/b.hpp\""));
    EXPECT_THAT(
        faults_in("protocol/a.cpp", "\n  #  include  \"resolver/b.hpp\"  // why\n"),
        testing::ElementsAre("protocol/a.cpp:2: protocol may not include \"resolver/b.hpp\""));
}

TEST(TreeRules, LetEachFolderUseItsLibrariesOnly) {
    const auto wrong = [](const std::string& path, const std::string& name) {
        return !faults_in(path, "#include <" + name + ">\n").empty();
    };
    for (const char* name : {"vector", "boost/json/value.hpp", "openssl/evp.h", "arpa/inet.h"})
        for (const char* path : {"protocol/a.cpp", "registry/a.cpp", "resolver/a.cpp"})
            EXPECT_FALSE(wrong(path, name)) << path << ' ' << name;
    for (const char* name : {"boost/asio.hpp", "spdlog/spdlog.h", "unistd.h", "openssl/pem.h"})
        for (const char* path : {"protocol/a.cpp", "registry/a.cpp"})
            EXPECT_TRUE(wrong(path, name)) << path << ' ' << name;
    EXPECT_FALSE(wrong("resolver/a.cpp", "boost/asio.hpp"));
    EXPECT_TRUE(wrong("protocol/a.cpp", "xxhash.h"));
    EXPECT_FALSE(wrong("registry/a.cpp", "xxhash.h"));
    for (const char* path : {"protocol/a.cpp", "registry/store.hpp", "resolver/a.cpp"})
        EXPECT_TRUE(wrong(path, "lmdb.h")) << path;
    EXPECT_THAT(faults_in("registry/lmdb.hpp", "#pragma once\n#include <lmdb.h>\n"), IsEmpty());
}

TEST(TreeRules, LetOnlyTheRegistryNameLmdb) {
    EXPECT_EQ(faults_in("resolver/a.cpp", "MDB_env* env;\n").size(), 1U);
    EXPECT_EQ(faults_in("protocol/a.cpp", "int x = mdb_open();\n").size(), 1U);
    EXPECT_THAT(faults_in("registry/a.cpp", "MDB_env* env; mdb_open();\n"), IsEmpty());
    EXPECT_THAT(faults_in("resolver/a.cpp", "int my_mdb_x; // registry.mdb\n"), IsEmpty());
}

TEST(TreeRules, LimitLinesFilesAndHeads) {
    EXPECT_THAT(faults_in("tests/a.cpp", std::string(100, 'x') + '\n'), IsEmpty());
    EXPECT_EQ(faults_in("tests/a.cpp", std::string(101, 'x') + '\n').size(), 1U);
    EXPECT_THAT(faults_in("tests/a.cpp", "// " + std::string(3 * 97, '\xbf') + '\n'), IsEmpty());
    std::string long_file;
    for (int line = 0; line < 400; ++line) long_file += '\n';
    EXPECT_THAT(faults_in("bench/a.cpp", long_file), IsEmpty());
    EXPECT_EQ(faults_in("bench/a.cpp", long_file + '\n').size(), 1U);
    EXPECT_EQ(faults_in("tests/a.hpp", "// text\n#pragma once\n").size(), 1U);
    EXPECT_THAT(faults_in("tests/a.hpp", "#pragma once\n"), IsEmpty());
}

/// Functions under various heads, some behind things that only look like braces.
const std::vector<std::string> function_heads{
    "int f(int x) {",
    "template <class T>\nvoid C<T>::f() const noexcept {",
    "template <class T, void (*free)(T*)>\nstruct S {\n    void f() {",
    "class C {\npublic:\n    C() : a_{1}, b_{{2}} {",
    "TEST(A, B) {",
    "namespace n {\nstruct S : B {\n    bool operator()(int) {",
    "const char c = '{'; const char* s = \"}\\\"{\"; /* { */ // {\nauto f = [](int) {",
    "const int n = 1'000; const auto* r = R\"x(})\"{{)x\";\nvoid f() {",
    "enum class E { a, b };\nint small() { return 1; }\nint f() {",
};

TEST(TreeRules, LimitFunctionsOfEveryForm) {
    for (const std::string& head : function_heads) {
        // The line of the last brace of the head is the function's first, of 50 that it may have.
        const auto lines = [&](int count) {
            std::string text = head + '\n';
            for (int line = 2; line < count; ++line) text += "    if (x) { y(\"}\"); }\n";
            return text + "}\n";
        };
        const bool two_lines = head.starts_with("template <class T>\n");
        EXPECT_THAT(faults_in("tests/a.cpp", lines(two_lines ? 49 : 50)), IsEmpty()) << head;
        EXPECT_EQ(faults_in("tests/a.cpp", lines(two_lines ? 50 : 51)).size(), 1U) << head;
    }
    std::string table = "constexpr std::array table{\n";
    for (int line = 0; line < 80; ++line) table += "    f(1),\n";
    EXPECT_THAT(faults_in("tests/a.cpp", table + "};\n"), IsEmpty());
}

}  // namespace
}  // namespace idnode
