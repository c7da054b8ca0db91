#include "sma/batch/path_source.hpp"

#include "catch_result.hpp"
#include "files.hpp"
#include "scale.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <set>

using namespace sma::batch;
using sma::test::temporary_folder;
using sma::test::write_file;
namespace fs = std::filesystem;

namespace {

using names = std::vector<std::string>;

// Paths below `folder`, sorted.
names all_of(path_source& source, fs::path const& folder) {
    names found;
    while (auto entry = source.next()) found.push_back(fs::path(entry->path).lexically_relative(folder).string());
    std::sort(found.begin(), found.end());
    return found;
}

names walk(file_source_options o, fs::path const& folder) {
    file_source source(std::move(o));
    return all_of(source, folder);
}

file_source_options roots(std::vector<std::string> paths) {
    file_source_options o;
    o.roots = std::move(paths);
    return o;
}

// Holds the whole text: no more than a pipe takes.
class standard_input {
public:
    explicit standard_input(std::string const& text) {
        REQUIRE(::pipe(ends_) == 0);
        REQUIRE(::write(ends_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        ::close(ends_[1]);
    }
    ~standard_input() { ::close(ends_[0]); }
    standard_input(standard_input const&) = delete;
    standard_input& operator=(standard_input const&) = delete;
    int descriptor() const { return ends_[0]; }

private:
    int ends_[2];
};

struct tree {
    tree() {
        fs::create_directories(folder / "deep/er");
        fs::create_directories(folder / ".git");
        for (auto const* file : {"a.jpg", "b.PNG", ".hidden.jpg", ".git/c.jpg", "deep/d.jpg", "deep/er/e.png"})
            write_file(folder / file, "x");
        fs::create_symlink("..", folder / "deep/up");
        fs::create_symlink("a.jpg", folder / "link.jpg");
        fs::create_symlink("nowhere", folder / "dangling.jpg");
    }
    temporary_folder folder;
};

// Of a list on standard input, and of the link of a tree.
names names_of(std::string const& list, fs::path const& folder, char separator = '\n') {
    standard_input const input(list);
    auto o = roots({"-", folder / "link.jpg"});
    o.standard_input = input.descriptor();
    o.separator = separator;
    return walk(o, folder);
}

}  // namespace

TEST_CASE("a directory is walked whole, without circles and hidden files", "[path_source]") {
    tree const t;
    CHECK(walk(roots({t.folder.path()}), t.folder.path()) ==
          names{"a.jpg", "b.PNG", "dangling.jpg", "deep/d.jpg", "deep/er/e.png", "link.jpg"});
}

TEST_CASE("--glob chooses among what is found, not what is named", "[path_source]") {
    tree const t;
    auto o = roots({t.folder.path(), t.folder / ".hidden.jpg"});
    o.globs = {"*.png", "[ab].*"};
    CHECK(walk(o, t.folder.path()) == names{".hidden.jpg", "a.jpg", "b.PNG", "deep/er/e.png"});
}

TEST_CASE("what is not a file is left out, and a pipe does not hang the walk", "[path_source]") {
    temporary_folder const folder;
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    write_file(folder / "a", "x");
    CHECK(walk(roots({folder.path()}), folder.path()) == names{"a"});
}

TEST_CASE("a path that is not there is an entry, so that it gets a record", "[path_source]") {
    temporary_folder const folder;
    CHECK(walk(roots({folder / "missing.jpg"}), folder.path()) == names{"missing.jpg"});
}

TEST_CASE("the run's own files are left out", "[path_source]") {
    temporary_folder const folder;
    write_file(folder / "a", "x");
    write_file(folder / "results.jsonl", "x");
    auto o = roots({folder.path()});
    o.excluded = {folder / "results.jsonl"};
    CHECK(walk(o, folder.path()) == names{"a"});
}

TEST_CASE("what has a result already is skipped and counted", "[path_source]") {
    temporary_folder const folder;
    for (auto const* name : {"a", "b", "c"}) write_file(folder / name, "x");
    finished_paths finished;
    finished.add((folder / "b").string());
    finished.seal();
    auto o = roots({folder.path()});
    o.finished = &finished;
    file_source source(o);
    CHECK(all_of(source, folder.path()) == names{"a", "c"});
    CHECK(source.skipped() == 1);
}

TEST_CASE("shards share the files out: every one in exactly one of them", "[path_source]") {
    temporary_folder const folder;
    for (int i = 0; i < 300; ++i) write_file(folder / ("file-" + std::to_string(i) + ".jpg"), "x");
    names together;
    for (unsigned i = 0; i < 3; ++i) {
        auto o = roots({folder.path()});
        o.part = *parse_shard(std::to_string(i) + "/3");
        auto const part = walk(o, folder.path());
        CHECK(part.size() > 60);
        together.insert(together.end(), part.begin(), part.end());
    }
    std::sort(together.begin(), together.end());
    CHECK(together == walk(roots({folder.path()}), folder.path()));
}

TEST_CASE("the hash is FNV-1a, today and on every machine", "[path_source]") {
    CHECK(path_hash("") == 0xcbf29ce484222325ULL);
    CHECK(path_hash("foobar") == 0x85944171f73967e8ULL);
    for (auto const* text : {"", "1", "3/3", "0/0", "-1/3", "1/3x", "a/b", "0/1000001"})
        CHECK(sma::batch::parse_shard(text).has_error());
    CHECK(parse_shard("2/3")->index == 2);
}

TEST_CASE("names come from standard input, files and directories", "[path_source]") {
    tree const t;
    std::string const folder = t.folder.path().string() + "/";
    CHECK(names_of(folder + "a.jpg\n\n" + folder + "deep\n" + folder + "b.PNG", t.folder.path()) ==
          names{"a.jpg", "b.PNG", "deep/d.jpg", "deep/er/e.png", "link.jpg"});
}

TEST_CASE("a list whose lines end with CR LF is read", "[path_source]") {
    tree const t;
    std::string const folder = t.folder.path().string() + "/";
    CHECK(names_of(folder + "a.jpg\r\n\r\n" + folder + "b.PNG\r", t.folder.path()) ==
          names{"a.jpg", "b.PNG", "link.jpg"});
}

TEST_CASE("names that end with a zero byte are read when that is said, also those with line breaks", "[path_source]") {
    tree const t;
    write_file(t.folder / "two\nlines\r", "x");
    std::string const folder = t.folder.path().string() + "/";
    auto const list = folder + "a.jpg" + '\0' + folder + "two\nlines\r" + '\0';
    CHECK(names_of(list, t.folder.path(), '\0') == names{"a.jpg", "link.jpg", "two\nlines\r"});
}

TEST_CASE("names that end with a zero byte are refused with the way to read them when it is not said",
          "[path_source]") {
    std::string const list("a.jpg\0b.jpg\0", 12);
    standard_input const input(list);
    auto o = roots({"-"});
    o.standard_input = input.descriptor();
    file_source source(o);
    auto const refused = source.next();
    REQUIRE(refused);
    CHECK(refused->path == "a.jpg");
    REQUIRE(refused->failed);
    CHECK(refused->failed->message.find("-0") != std::string::npos);
    CHECK(!source.next());
}

TEST_CASE("stop() is heard while standard input is silent", "[path_source]") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    auto o = roots({"-"});
    o.standard_input = ends[0];
    file_source source(o);
    auto next = std::async(std::launch::async, [&] { return source.next(); });
    source.stop();
    CHECK(!next.get());
    ::close(ends[1]);
    ::close(ends[0]);
}

TEST_CASE("a load is one file, again and again", "[path_source]") {
    repeated_source source("x.jpg", 3);
    for (int i = 0; i < 3; ++i) CHECK(source.next()->path == "x.jpg");
    CHECK(!source.next());
}
