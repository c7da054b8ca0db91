#include "sma/batch/results_file.hpp"

#include "catch_result.hpp"
#include "files.hpp"

#include <boost/json/parse.hpp>

#include <unistd.h>

using namespace sma;
using namespace sma::batch;
using sma::test::read_file;
using sma::test::temporary_folder;
using sma::test::write_file;

namespace {

record good(std::string path) {
    record r;
    r.path = std::move(path);
    r.predictions = {{7, "a \"star\", bright", 0.75}, {1, "circle", 0.25}};
    r.ms = 12.3456;
    r.correlation_id = "id-1";
    return r;
}

record bad(std::string path) {
    record r;
    r.path = std::move(path);
    r.failed.emplace("EMPTY_FILE", "no\nbytes");
    return r;
}

std::string text_of(record const& r, output_format format, int top_k = 5) {
    std::string text;
    append_record(text, r, format, top_k);
    return text;
}

results_options options(output_format format, bool resume = false) {
    results_options o;
    o.format = format;
    o.resume = resume;
    o.top_k = 2;
    return o;
}

std::string with_records(std::filesystem::path const& file, std::vector<record> const& records,
                         results_options const& o) {
    auto const opened = results_file::open(file, o);
    REQUIRE(opened.has_value());
    for (auto const& r : records) REQUIRE((*opened)->write(r));
    return read_file(file);
}

std::string first_line(std::string const& text) { return text.substr(0, text.find('\n')); }

}  // namespace

TEST_CASE("a JSON record is one line of valid JSON with the contract's names", "[results_file]") {
    auto const text = text_of(good("dir/\"x\"\n.jpg"), output_format::jsonl);
    CHECK(text.find('\n') == text.size() - 1);
    auto const r = boost::json::parse(text);
    CHECK(r.at("path") == "dir/\"x\"\n.jpg");
    auto const& p = r.at("predictions").as_array();
    REQUIRE(p.size() == 2);
    CHECK(p[0].at("rank") == 1);
    CHECK(p[0].at("class_index") == 7);
    CHECK(p[0].at("class_name") == "a \"star\", bright");
    CHECK(p[1].at("confidence") == 0.25);
    CHECK(r.at("ms") == 12.346);
    CHECK(r.at("correlation_id") == "id-1");
    CHECK(boost::json::parse(text_of(good("x"), output_format::jsonl, 1)).at("predictions").as_array().size() == 1);

    auto const failed = boost::json::parse(text_of(bad("y"), output_format::jsonl));
    CHECK(failed.at("error").at("code") == "EMPTY_FILE");
    CHECK(failed.at("error").at("message") == "no\nbytes");
    CHECK(!failed.as_object().contains("predictions"));
}

TEST_CASE("a record leads back to its path, whatever bytes that has", "[results_file]") {
    auto const format = GENERATE(output_format::jsonl, output_format::csv);
    for (std::string const path :
         {"a/b.jpg", "with, comma", "\"quoted\"", "line\nfeed", "\xff\xfe broken UTF-8", "\xc3\xa9t\xc3\xa9.png"}) {
        auto const text = text_of(good(path), format);
        auto const parsed = parse_line(std::string_view(text).substr(0, text.size() - 1), format);
        CHECK(parsed.is == parsed_line::kind::record);
        CHECK(parsed.path == path);
    }
}

TEST_CASE("a CSV row has a field for every column", "[results_file]") {
    CHECK(header_of(output_format::csv, 1) ==
          "path,error_code,error_message,ms,correlation_id,class_index_1,class_name_1,confidence_1\n");
    CHECK(text_of(good("p,q"), output_format::csv, 3) ==
          "\"p,q\",,,12.346,id-1,7,\"a \"\"star\"\", bright\",0.75,1,circle,0.25,,,\n");
    CHECK(text_of(bad("p"), output_format::csv, 1) == "p,EMPTY_FILE,\"no\nbytes\",0.0,,,,\n");
}

TEST_CASE("what people see cannot steer their terminal", "[results_file]") {
    auto r = good("\033[2Jx\xc2\x9b");
    CHECK(text_of(r, output_format::lines) == "?[2Jx?: a \"star\", bright 75.00 %\n");
    CHECK(text_of(r, output_format::table).find('\033') == std::string::npos);
}

TEST_CASE("a torn end is cut off and everything before it kept", "[results_file]") {
    auto const format = GENERATE(output_format::jsonl, output_format::csv);
    temporary_folder const folder;
    auto const file = folder / "r";
    auto const whole = with_records(file, {good("a"), bad("line\nfeed"), good("c")}, options(format));
    auto const last = text_of(good("c"), format, 2).size();
    for (std::size_t torn = 1; torn < last; ++torn) {
        write_file(file, whole.substr(0, whole.size() - torn));
        auto const opened = results_file::open(file, options(format, true));
        REQUIRE(opened.has_value());
        CHECK((*opened)->finished().size() == 2);
        CHECK((*opened)->finished().contains("line\nfeed"));
        CHECK(!(*opened)->finished().contains("c"));
        REQUIRE((*opened)->write(good("c")));
        CHECK(read_file(file) == whole);
    }
}

TEST_CASE("a last line of rubbish counts as torn, rubbish in the middle does not", "[results_file]") {
    temporary_folder const folder;
    auto const file = folder / "r.jsonl";
    auto const o = options(output_format::jsonl, true);
    auto const whole = with_records(file, {good("a"), good("b")}, o);
    write_file(file, whole + std::string(100, '\0') + "\n");
    CHECK(recover_results(file, o)->good_bytes == whole.size());
    write_file(file, first_line(whole) + "\nrubbish\n" + first_line(whole) + "\n");
    auto const refused = recover_results(file, o);
    REQUIRE(refused.has_error());
    CHECK(refused.error().message.find("line 2") != std::string::npos);
    write_file(file, "an essay\n");
    CHECK(recover_results(file, o).has_error());
    CHECK(read_file(file) == "an essay\n");
}

TEST_CASE("resuming a CSV needs the same columns", "[results_file]") {
    temporary_folder const folder;
    auto const file = folder / "r.csv";
    with_records(file, {good("a")}, options(output_format::csv));
    auto o = options(output_format::csv, true);
    o.top_k = 3;
    CHECK(results_file::open(file, o).has_error());
    CHECK(with_records(file, {good("b")}, options(output_format::csv, true)).find("path,", 1) == std::string::npos);
}

TEST_CASE("results are not thrown away unasked", "[results_file]") {
    temporary_folder const folder;
    auto const file = folder / "r.jsonl";
    auto const before = with_records(file, {good("a")}, options(output_format::jsonl));
    auto o = options(output_format::jsonl);
    CHECK(results_file::open(file, o).has_error());
    CHECK(read_file(file) == before);
    o.overwrite = true;
    CHECK(with_records(file, {good("b")}, o) == text_of(good("b"), output_format::jsonl, 2));
}

TEST_CASE("two processes do not write one file", "[results_file]") {
    temporary_folder const folder;
    auto const first = results_file::open(folder / "r.jsonl", options(output_format::jsonl));
    REQUIRE(first.has_value());
    CHECK(results_file::open(folder / "r.jsonl", options(output_format::jsonl)).has_error());
}

TEST_CASE("only one of several shards writes the header, and a full disk is an error", "[results_file]") {
    temporary_folder const folder;
    auto o = options(output_format::csv);
    o.header = false;
    CHECK(with_records(folder / "1.csv", {}, o).empty());
    auto const full = results_file::open("/dev/full", options(output_format::jsonl));
    REQUIRE(full.has_value());
    CHECK((*full)->write(good("a")).has_error());
}

TEST_CASE("the ending says the format", "[results_file]") {
    CHECK(format_of_file("a.csv") == output_format::csv);
    CHECK(format_of_file("a.jsonl") == output_format::jsonl);
    CHECK(format_of_file("a") == output_format::jsonl);
    CHECK(!format_of_file("a.jpg"));
}
