// Tests of `batch --embed`: rows and records agree, also after a kill, and the documented example works.
#include "batch_run.hpp"
#include "server_process.hpp"

#include "catch.hpp"

#include <cmath>
#include <cstring>
#include <map>
#include <vector>

using namespace sma::test;
namespace fs = std::filesystem;

namespace {

struct embeddings {
    explicit embeddings(fs::path const& file) : bytes(read_file(file)) {
        auto const shape = bytes.substr(bytes.find('(') + 1);
        rows = std::stoul(shape);
        width = std::stoul(shape.substr(shape.find(' ')));
        REQUIRE(bytes.size() == 128 + rows * width * sizeof(float));
    }
    std::vector<float> row(std::uint64_t i) const {
        std::vector<float> values(width);
        std::memcpy(values.data(), bytes.data() + 128 + i * width * sizeof(float), width * sizeof(float));
        return values;
    }

    std::string bytes;
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
};

/// By file name; -1 for a file that failed. Each row is named once.
std::map<std::string, std::int64_t> rows_in(fs::path const& file) {
    std::map<std::string, std::int64_t> rows;
    std::int64_t next = 0;
    for (auto const& record : records_in(file)) {
        auto const* row = record.as_object().if_contains("row");
        if (row != nullptr) CHECK(row->to_number<std::int64_t>() == next++);
        auto const path = fs::path(std::string(record.at("path").as_string()));
        rows[path.filename()] = row != nullptr ? row->to_number<std::int64_t>() : -1;
    }
    return rows;
}

double length_of(std::vector<float> const& values) {
    double squares = 0;
    for (auto const v : values) squares += static_cast<double>(v) * v;
    return std::sqrt(squares);
}

/// Three pictures, two of them equal, and a file that is none.
fs::path make_folder(fs::path const& parent) {
    auto const in = parent / "in";
    fs::create_directories(in);
    write_file(in / "star.jpg", sample_bytes("star-1.jpg"));
    write_file(in / "copy.jpg", sample_bytes("star-1.jpg"));
    write_file(in / "stripes.jpg", sample_bytes("stripes-1.jpg"));
    write_file(in / "text.jpg", "this is no image at all");
    return in;
}

command_result embed(fs::path const& folder, std::vector<std::string> const& more) {
    std::vector<std::string> arguments{(folder / "in").string(), "--embed", (folder / "out.npy").string(), "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_batch(narrow(std::move(arguments)));
}

}  // namespace

TEST_CASE("every classified file has its embedding in the row that its record names") {
    temporary_folder const folder;
    make_folder(folder.path());
    CHECK(embed(folder.path(), {"--normalize", "l2"}).status == 1);
    embeddings const npy(folder / "out.npy");
    auto rows = rows_in(folder / "out.jsonl");
    CHECK(npy.rows == 3);
    REQUIRE(rows.size() == 4);
    CHECK(rows["text.jpg"] == -1);
    auto const at = [&](std::string const& name) { return npy.row(static_cast<std::uint64_t>(rows[name])); };
    CHECK(at("star.jpg") == at("copy.jpg"));
    CHECK(at("star.jpg") != at("stripes.jpg"));
    CHECK(length_of(at("stripes.jpg")) == Catch::Approx(1).margin(1e-5));
}

TEST_CASE("a run that was killed goes on where its results end") {
    temporary_folder const folder;
    make_folder(folder.path());
    CHECK(embed(folder.path(), {}).status == 1);
    auto const whole = read_file(folder / "out.jsonl");
    auto const first_two = whole.find('\n', whole.find('\n') + 1) + 1;
    write_file(folder / "out.jsonl", whole.substr(0, first_two + 7));
    write_file(folder / "out.npy", read_file(folder / "out.npy") + "torn");
    CHECK(embed(folder.path(), {}).status == 2);
    embed(folder.path(), {"--resume"});
    embeddings const npy(folder / "out.npy");
    auto rows = rows_in(folder / "out.jsonl");
    CHECK(rows.size() == 4);
    CHECK(npy.rows == 3);
    CHECK(npy.row(static_cast<std::uint64_t>(rows["star.jpg"])) ==
          npy.row(static_cast<std::uint64_t>(rows["copy.jpg"])));
}

TEST_CASE("what --embed cannot do is said before anything is read") {
    temporary_folder const folder;
    make_folder(folder.path());
    auto const npy = (folder / "out.npy").string();
    for (auto const& arguments :
         std::vector<std::vector<std::string>>{{"--embed", (folder / "out.txt").string()},
                                               {"--embed", npy, "--out", (folder / "out.csv").string()},
                                               {"--embed", npy, "--url", "http://127.0.0.1:1"},
                                               {"--normalize", "l2"}}) {
        auto all = arguments;
        all.insert(all.begin(), (folder / "in").string());
        auto const ran = run_batch(all);
        CHECK(ran.status == 2);
        CHECK_FALSE(ran.errors.empty());
    }
    CHECK_FALSE(fs::exists(npy));
}

TEST_CASE("the documented search for near-duplicates finds them") {
    // Debian's own, which sees the modules of its packages.
    if (run_command("/usr/bin/python3", {"-c", "import numpy"}).status != 0) {
        WARN("skipped: Debian's python3 has no NumPy (python3-numpy)");
        return;
    }
    temporary_folder const folder;
    make_folder(folder.path());
    embed(folder.path(), {"--normalize", "l2"});
    auto const document = read_file(fs::path(SMA_SOURCE_DIR) / "docs/batch.md");
    auto const begin = document.find("```python\n") + 10;
    write_file(folder / "find.py", document.substr(begin, document.find("```", begin) - begin));
    auto const ran = run_command("/bin/sh", {"-c", "cd " + folder.path().string() + " && /usr/bin/python3 find.py"});
    INFO(ran.errors);
    CHECK(ran.status == 0);
    CHECK(ran.output.find("star.jpg") != std::string::npos);
    CHECK(ran.output.find("copy.jpg") != std::string::npos);
    CHECK(ran.output.find("stripes.jpg") == std::string::npos);
}
