// Tests of files that are written whole or not at all: what is there before, while and after they are written.
#include "sma/core/whole_file.hpp"

#include "catch.hpp"
#include "files.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

::mode_t mode_of(fs::path const& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

/// No file of this process may become longer while it lives.
class file_size_limit {
public:
    explicit file_size_limit(::rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        auto now = before_;
        now.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    ~file_size_limit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    file_size_limit(file_size_limit const&) = delete;
    file_size_limit& operator=(file_size_limit const&) = delete;

private:
    void (*handler_)(int);
    ::rlimit before_{};
};

}  // namespace

TEST_CASE("a file has all of its pieces, and takes the place of another", "[whole_file]") {
    temporary_folder const folder;
    auto const file = folder / "x";
    REQUIRE(write_whole_file(file, "before, and longer than what follows"));
    std::string const large(300'000, 'l');
    std::vector<std::string_view> const pieces{"a", "", large, "z"};
    REQUIRE(write_whole_file(file, pieces));
    CHECK(read_file(file) == "a" + large + "z");
    REQUIRE(write_whole_file(file, ""));
    CHECK(read_file(file).empty());
    CHECK(files_in(folder.path()) == std::vector{file});
}

TEST_CASE("a file has the permissions that are asked for, less the umask", "[whole_file]") {
    temporary_folder const folder;
    auto const before = ::umask(027);
    auto const shared = write_whole_file(folder / "shared", "x");
    auto const own = write_whole_file(folder / "own", "x", owner_only);
    ::umask(before);
    REQUIRE(shared);
    REQUIRE(own);
    CHECK(mode_of(folder / "shared") == 0640);
    CHECK(mode_of(folder / "own") == 0600);
}

TEST_CASE("a file that cannot be written whole leaves what was there, and nothing else", "[whole_file]") {
    temporary_folder const folder;
    auto const file = folder / "x";
    REQUIRE(write_whole_file(file, "before"));
    result<void> written;
    {
        file_size_limit const limit(1000);
        written = write_whole_file(file, std::string(1001, 'x'));
    }
    REQUIRE_FALSE(written);
    CHECK(written.error().code == errc::io_error);
    CHECK(written.error().message == "x cannot be written: File too large");
    CHECK(read_file(file) == "before");
    CHECK(files_in(folder.path()) == std::vector{file});
}

TEST_CASE("a file that cannot be made or put into its place is told with the reason", "[whole_file]") {
    temporary_folder const folder;
    CHECK(write_whole_file(folder / "no/x", "x").error().message == "x cannot be written: No such file or directory");
    fs::create_directories(folder / "taken" / "by a folder");
    CHECK_THAT(write_whole_file(folder / "taken", "x").error().message, ContainsSubstring("taken cannot be written: "));
    CHECK_FALSE(fs::exists(folder / "taken.part"));
}

TEST_CASE("what is under the temporary name is replaced, and not followed", "[whole_file]") {
    temporary_folder const folder;
    auto const file = folder / "x";
    auto const part = folder / "x.part";
    write_file(folder / "other", "other");
    auto const as_a_link = GENERATE(true, false);
    if (as_a_link)
        fs::create_symlink(folder / "other", part);
    else
        write_file(part, "left by a crash, and longer");
    REQUIRE(write_whole_file(file, "new"));
    CHECK(read_file(file) == "new");
    CHECK_FALSE(fs::is_symlink(file));
    CHECK(read_file(folder / "other") == "other");
    CHECK_FALSE(fs::exists(part));
}
