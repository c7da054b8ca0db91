#include "model_files.hpp"

#include "sma/model/file_version.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "catch_result.hpp"

using namespace sma;
using Catch::Matchers::ContainsSubstring;
using model::file_version;
using test::scratch_folder;

TEST_CASE("file version: the same while nobody writes, another after that", "[file]") {
    scratch_folder const folder;
    auto const file = folder.write("w", "abc");
    auto const first = file_version::of(file);
    REQUIRE(first);
    CHECK(first->bytes == 3);
    CHECK(test::read_file(file) == "abc");
    CHECK(*file_version::of(file) == *first);

    SECTION("longer") { std::ofstream(file, std::ios::app) << "d"; }
    SECTION("written again, as long as before") {
        timespec const times[] = {{0, UTIME_OMIT}, {first->written_s, (first->written_ns + 1) % 1'000'000'000}};
        REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
    }
    SECTION("another file in its place") {
        auto const other = folder.write("other", "abc");
        timespec const times[] = {{0, UTIME_OMIT}, {first->written_s, first->written_ns}};
        REQUIRE(::utimensat(AT_FDCWD, other.c_str(), times, 0) == 0);
        std::filesystem::rename(other, file);
    }
    CHECK(*file_version::of(file) != *first);
}

TEST_CASE("file version: what is not there is an error", "[file]") {
    scratch_folder const folder;
    CHECK_THAT(file_version::of(folder / "gone").error().message, ContainsSubstring("gone cannot be opened"));
    CHECK(file_version::of(-1).error().code == errc::io_error);
}
