#include "sma/batch/embeddings_file.hpp"

#include "catch_result.hpp"
#include "files.hpp"

#include <cstring>
#include <vector>

using namespace sma;
using namespace sma::batch;
using namespace sma::test;

namespace {

std::vector<float> const first{1, 2.5F, -3};
std::vector<float> const second{4, 5, 6};

std::string shape_in(std::string const& npy) {
    auto const begin = npy.find('(');
    return npy.substr(begin, npy.find(')') - begin + 1);
}

std::vector<float> row_of(std::string const& npy, std::size_t row) {
    std::vector<float> values(3);
    REQUIRE(npy.size() >= 128 + (row + 1) * 12);
    std::memcpy(values.data(), npy.data() + 128 + row * 12, 12);
    return values;
}

/// With both rows, not finished: as a kill leaves it.
void write_killed(std::filesystem::path const& file) {
    auto const made = embeddings_file::open(file, {}).value();
    REQUIRE(made->append(first).value() == 0);
    REQUIRE(made->append(second).value() == 1);
}

}  // namespace

TEST_CASE("embeddings are a NumPy file of format 1.0") {
    temporary_folder const folder;
    auto const file = folder / "out.npy";
    {
        auto const made = embeddings_file::open(file, {}).value();
        CHECK(made->append(first).value() == 0);
        CHECK(made->append(second).value() == 1);
        CHECK(made->append(std::vector<float>{1, 2}).error().code == errc::validation_error);
        REQUIRE(made->finish());
    }
    auto const npy = read_file(file);
    CHECK(npy.size() == 128 + 24);
    CHECK(npy.substr(0, 10) == std::string("\x93NUMPY\x01\x00\x76\x00", 10));
    CHECK(npy.substr(10, 60).starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"));
    CHECK(npy[127] == '\n');
    CHECK(row_of(npy, 0) == first);
    CHECK(row_of(npy, 1) == second);
}

TEST_CASE("a run without any row leaves a file that NumPy reads") {
    temporary_folder const folder;
    REQUIRE(embeddings_file::open(folder / "out.npy", {}).value()->finish());
    CHECK(shape_in(read_file(folder / "out.npy")) == "(0, 0)");
    CHECK(embeddings_file::open(folder / "out.npy", {0, true, false}));
}

TEST_CASE("resumed embeddings keep the rows that the results name, and no others") {
    temporary_folder const folder;
    auto const file = folder / "out.npy";
    write_killed(file);
    write_file(file, read_file(file) + "torn");
    {
        auto const resumed = embeddings_file::open(file, {1, true, false}).value();
        CHECK(shape_in(read_file(file)) == "(1, 3)");
        CHECK(resumed->append(std::vector<float>{7, 8, 9}).value() == 1);
        REQUIRE(resumed->finish());
    }
    auto const npy = read_file(file);
    CHECK(npy.size() == 128 + 24);
    CHECK(row_of(npy, 0) == first);
    CHECK(row_of(npy, 1) == std::vector<float>{7, 8, 9});
}

TEST_CASE("embeddings are not written over what is no such file, nor over results without being asked") {
    temporary_folder const folder;
    auto const file = folder / "out.npy";
    write_killed(file);
    auto const before = read_file(file);
    CHECK(embeddings_file::open(file, {}).error().code == errc::validation_error);
    CHECK(embeddings_file::open(file, {3, true, false}).error().code == errc::validation_error);
    CHECK(read_file(file) == before);
    CHECK(embeddings_file::open(file, {0, false, true}));
    CHECK(read_file(file).empty());

    write_file(file, "notes of somebody");
    CHECK(embeddings_file::open(file, {0, true, false}).error().code == errc::validation_error);
    CHECK(read_file(file) == "notes of somebody");
    CHECK(embeddings_file::open(folder.path(), {}).error().code == errc::io_error);
}

TEST_CASE("one process writes an embeddings file at a time") {
    temporary_folder const folder;
    auto const held = embeddings_file::open(folder / "out.npy", {}).value();
    CHECK(embeddings_file::open(folder / "out.npy", {}).error().code == errc::validation_error);
}
