#include "model_files.hpp"

#include "sma/model/file_sha256.hpp"
#include "sma/model/inspect.hpp"
#include "sma/model/safetensors.hpp"
#include "sma/model/weight_files.hpp"
#include "sma/model/weights.hpp"

#include "no_archives.hpp"
#include "torch_tensors.hpp"

#include "catch_result.hpp"

#include <cstring>
#include <vector>

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string tensor(std::string const& name, std::string const& dtype, std::string const& shape,
                   std::string const& offsets) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

/// Two good tensors, a.weight F32 [2, 2] and b.bias F16 [3], then whatever a case adds.
std::string header(std::string const& more = "") {
    return "{" + tensor("a.weight", "F32", "[2,2]", "[0,16]") + "," + tensor("b.bias", "F16", "[3]", "[16,22]") +
           (more.empty() ? "" : "," + more) + "}";
}

struct broken_case {
    char const* what;
    std::string bytes;
    std::vector<std::string> message;  ///< parts of it
};

std::string with_length(std::uint64_t length, std::string const& rest) {
    return std::string(reinterpret_cast<char const*>(&length), sizeof length) + rest;
}

std::string one(std::string const& dtype, std::string const& shape, std::string const& offsets, std::size_t bytes) {
    return safetensors_bytes("{" + tensor("x.weight", dtype, shape, offsets) + "}", std::string(bytes, '\1'));
}

std::vector<broken_case> broken_frames() {
    auto const good = safetensors_bytes(header(), std::string(22, '\1'));
    return {
        {"no bytes", "", {"0 bytes"}},
        {"half a length", "abc", {"3 bytes"}},
        {"a length of 2^60", with_length(1ULL << 60U, good.substr(8)), {"1152921504606846976", "at most 100000000"}},
        {"a length of 2^64 - 1", with_length(~0ULL, good.substr(8)), {"18446744073709551615"}},
        {"a length beyond the end", with_length(5000, good.substr(8)), {"5000", "truncated"}},
        {"a length of 0", with_length(0, good.substr(8)), {"'{'"}},
        {"a header that is a list", safetensors_bytes("[1]", ""), {"'{'"}},
        {"a header cut short", with_length(20, good.substr(8)), {"not valid JSON"}},
        {"something after the header", safetensors_bytes(header() + "x", std::string(22, '\1')), {"not valid JSON"}},
        {"invalid UTF-8", safetensors_bytes("{\"\xff\":1}", ""), {"not valid JSON"}},
        {"deep nesting",
         safetensors_bytes("{\"a\":" + std::string(5000, '[') + std::string(5000, ']') + "}", ""),
         {"not valid JSON"}},
        {"truncated data", good.substr(0, good.size() - 1), {"b.bias", "[16, 22]", "21 bytes", "truncated"}},
        {"bytes that no tensor uses", good + "more", {"4 bytes after b.bias"}},
        {"metadata that is not text",
         safetensors_bytes("{\"__metadata__\":{\"k\":1}}", ""),
         {"__metadata__", "not a string: k"}},
        {"metadata that is a list", safetensors_bytes("{\"__metadata__\":[]}", ""), {"__metadata__"}},
        {"a name twice",
         safetensors_bytes(header(tensor("a.weight", "F32", "[0]", "[22,22]")), std::string(22, '\1')),
         {"\"a.weight\" twice"}},
        {"a key twice",
         safetensors_bytes("{\"x.weight\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
                           "x"),
         {"\"dtype\" twice"}},
    };
}

std::vector<broken_case> broken_tensors() {
    return {
        {"no object", safetensors_bytes("{\"x.weight\":3}", ""), {"x.weight", "object"}},
        {"an unknown key",
         safetensors_bytes("{\"x.weight\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"strides\":[1]}}",
                           "x"),
         {"x.weight", "\"strides\""}},
        {"no dtype",
         safetensors_bytes("{\"x.weight\":{\"shape\":[1],\"data_offsets\":[0,1]}}", "x"),
         {"x.weight", "dtype"}},
        {"no shape",
         safetensors_bytes("{\"x.weight\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", "x"),
         {"x.weight", "shape"}},
        {"no offsets",
         safetensors_bytes("{\"x.weight\":{\"dtype\":\"U8\",\"shape\":[1]}}", "x"),
         {"x.weight", "data_offsets"}},
        {"an unknown type", one("F8_E4M3", "[4]", "[0,4]", 4), {"x.weight", "F8_E4M3", "supported are"}},
        {"a negative size", one("U8", "[-4]", "[0,4]", 4), {"x.weight", "shape", "whole numbers"}},
        {"a size with a fraction", one("U8", "[4.0]", "[0,4]", 4), {"x.weight", "shape", "whole numbers"}},
        {"a size beyond 63 bits", one("U8", "[18446744073709551615]", "[0,4]", 4), {"x.weight", "shape"}},
        {"a shape that overflows", one("F32", "[4294967296,4294967296,16]", "[0,0]", 0), {"x.weight", "overflows"}},
        {"a shape that overflows to a zero",
         one("F32", "[4294967296,4294967296,0]", "[0,0]", 0),
         {"x.weight", "overflows"}},
        {"a shape that overflows behind a zero",
         one("F32", "[0,4294967296,4294967296]", "[0,0]", 0),
         {"x.weight", "overflows"}},
        {"a size in bytes that overflows", one("F64", "[2305843009213693952]", "[0,0]", 0), {"x.weight", "overflows"}},
        {"too many dimensions", one("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]", 1), {"x.weight", "9 dimensions"}},
        {"too few bytes", one("F32", "[2]", "[0,4]", 4), {"x.weight", "has 4 bytes", "expected 8", "F32 [2]"}},
        {"too many bytes", one("F32", "[2]", "[0,12]", 12), {"x.weight", "has 12 bytes", "expected 8"}},
        {"offsets outside the file", one("F32", "[2]", "[0,8]", 4), {"x.weight", "outside the file", "4 bytes"}},
        {"offsets near 2^64",
         one("U8", "[1]", "[18446744073709551614,18446744073709551615]", 4),
         {"x.weight", "outside the file"}},
        {"offsets the wrong way", one("U8", "[1]", "[2,1]", 4), {"x.weight", "end before they begin"}},
        {"three offsets", one("U8", "[1]", "[0,1,2]", 4), {"x.weight", "list of two"}},
        {"a negative offset", one("U8", "[1]", "[-1,0]", 4), {"x.weight", "data_offsets"}},
        {"overlapping tensors",
         safetensors_bytes(header(tensor("c.bias", "U8", "[4]", "[20,24]")), std::string(24, '\1')),
         {"c.bias overlaps b.bias"}},
        {"two tensors in one place",
         safetensors_bytes(header(tensor("c.bias", "F16", "[3]", "[16,22]")), std::string(22, '\1')),
         {"c.bias", "overlaps"}},
        {"a hole",
         safetensors_bytes(header(tensor("c.bias", "U8", "[2]", "[24,26]")), std::string(26, '\1')),
         {"c.bias", "hole after b.bias"}},
        {"a hole at the start", one("U8", "[2]", "[2,4]", 4), {"x.weight", "hole after the header"}},
    };
}

}  // namespace

TEST_CASE("safetensors: every type and shape reads as it was written", "[safetensors]") {
    scratch_folder const folder;
    model::safetensors content;
    content.metadata["format"] = "pt";
    content.metadata["odd"] = "quotes \" and \xc3\xa9";
    for (auto const type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                            at::kChar, at::kByte, at::kBool})
        content.tensors[std::string("t.") + c10::toString(type)] =
            from_torch(at::arange(6, at::kFloat).reshape({1, 2, 3}).to(type));
    content.tensors["scalar"] = from_torch(at::full({}, 7, at::kLong));
    content.tensors["empty"] = from_torch(at::empty({0, 5}, at::kFloat));

    REQUIRE(model::write_safetensors(folder / "x.safetensors", content));
    auto const read = model::read_safetensors(folder / "x.safetensors");
    REQUIRE(read);
    CHECK(read->metadata == content.metadata);
    REQUIRE(read->tensors.size() == content.tensors.size());
    for (auto const& [name, tensor] : content.tensors) {
        INFO(name);
        CHECK(read->tensors.at(name).type() == tensor.type());
        CHECK(read->tensors.at(name).shape() == tensor.shape());
        CHECK(equal(read->tensors.at(name), tensor));
    }
    CHECK_FALSE(std::filesystem::exists(folder / "x.safetensors.part"));
}

TEST_CASE("safetensors: tensors that are not aligned for their type are read all the same", "[safetensors]") {
    scratch_folder const folder;
    double const value = 2.5;
    std::string data = "x";
    data.append(reinterpret_cast<char const*>(&value), sizeof value);
    // A header with spaces behind it, as writers pad it, and of an odd length.
    auto const text = "{" + tensor("byte", "U8", "[1]", "[0,1]") + "," + tensor("real", "F64", "[1]", "[1,9]") + "}";
    for (auto const& padding : {"", " ", "  ", "   "}) {
        auto const read = model::read_safetensors(folder.write("x", safetensors_bytes(text + padding, data)));
        REQUIRE(read);
        CHECK(read->tensors.at("real").values<double>()[0] == 2.5);
        CHECK(reinterpret_cast<std::uintptr_t>(read->tensors.at("real").bytes()) % 8 == 0);
    }
}

TEST_CASE("safetensors: a file without tensors is valid", "[safetensors]") {
    scratch_folder const folder;
    auto const read = model::read_safetensors(folder.write("x", safetensors_bytes("{}", "")));
    REQUIRE(read);
    CHECK(read->tensors.empty());
}

TEST_CASE("safetensors: a broken file is refused with what was found and expected", "[safetensors]") {
    scratch_folder const folder;
    REQUIRE(model::read_safetensors(folder.write("good", safetensors_bytes(header(), std::string(22, '\1')))));
    auto cases = broken_frames();
    for (auto& c : broken_tensors()) cases.push_back(std::move(c));
    for (auto const& c : cases) {
        INFO(c.what);
        auto const read = model::read_safetensors(folder.write("x.safetensors", c.bytes));
        REQUIRE_FALSE(read);
        CHECK(read.error().code == errc::invalid_weights);
        for (auto const& part : c.message) CHECK_THAT(read.error().message, ContainsSubstring(part));
        CHECK(read.error().message.find('\n') == std::string::npos);
    }
}

TEST_CASE("safetensors: a file cut anywhere is refused", "[safetensors]") {
    scratch_folder const folder;
    auto const good = safetensors_bytes(header(), std::string(22, '\1'));
    for (std::size_t length = 0; length < good.size(); ++length) {
        INFO(length);
        CHECK_FALSE(model::read_safetensors(folder.write("x.safetensors", good.substr(0, length))));
    }
}

TEST_CASE("safetensors: what cannot be read or written is an io_error without the folder's name", "[safetensors]") {
    scratch_folder const folder;
    auto const missing = model::read_safetensors(folder / "missing.safetensors");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == errc::io_error);
    CHECK(missing.error().message == "missing.safetensors cannot be opened: No such file or directory");
    CHECK(model::read_safetensors(folder / "").error().code == errc::io_error);
    CHECK(model::write_safetensors(folder / "no/such/folder.safetensors", {}).error().code == errc::io_error);
}

namespace {

/// An index of one tensor in each of two shards, "a" in the first, and the shards.
std::filesystem::path write_shards(scratch_folder const& folder, std::string const& map) {
    for (auto const* const name : {"a", "b"}) {
        model::safetensors shard;
        shard.tensors[name] = from_torch(at::full({2}, name[0] == 'a' ? 1.0F : 2.0F));
        REQUIRE(model::write_safetensors(folder / (std::string("shard_") + name + ".safetensors"), shard));
    }
    return folder.write("model.safetensors.index.json",
                        R"({"metadata": {"total_size": 16}, "weight_map": )" + map + "}");
}

}  // namespace

TEST_CASE("safetensors: the shards of an index are one file", "[safetensors]") {
    scratch_folder const folder;
    auto const index = write_shards(folder, R"({"a": "shard_a.safetensors", "b": "shard_b.safetensors"})");
    CHECK(model::detect_file_kind(index, no_archives).value() == model::file_kind::safetensors);
    auto const files = model::weight_files(index).value();
    CHECK(files == std::vector{index, folder / "shard_a.safetensors", folder / "shard_b.safetensors"});
    auto const read = model::load_weights(index, no_archives);
    REQUIRE(read);
    CHECK(read->tensors.size() == 2);
    CHECK(equal(read->tensors.at("b"), at::full({2}, 2.0F)));
    CHECK(model::inspect_file(index, no_archives).value().tensors == 2);
    auto const sum = model::files_sha256(files).value();
    write_shards(folder, R"({"b": "shard_b.safetensors", "a": "shard_a.safetensors"})");
    CHECK(model::files_sha256(files).value() != sum);
    CHECK(model::weight_files(folder / "shard_a.safetensors").value().size() == 1);
}

TEST_CASE("safetensors: an index of PyTorch's shards is refused with what to do", "[safetensors]") {
    scratch_folder const folder;
    folder.write("model-00001-of-00002.bin", "PK\x03\x04 and what follows");
    auto const index =
        folder.write("pytorch_model.bin.index.json", R"({"weight_map": {"a": "model-00001-of-00002.bin"}})");
    auto const read = model::load_weights(index, no_archives);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().message, ContainsSubstring("model-00001-of-00002.bin is a shard in PyTorch's form") &&
                                         ContainsSubstring("only shards of safetensors are read"));
}

TEST_CASE("safetensors: a header whose length is the code of a brace is no index", "[safetensors]") {
    scratch_folder const folder;
    std::string text = "{" + tensor("x.weight", "U8", "[1]", "[0,1]");
    text += std::string(122 - text.size(), ' ') + "}";
    auto const file = folder.write("x", safetensors_bytes(text, "x"));
    REQUIRE(read_file(file).front() == '{');
    CHECK(model::weight_files(file).value().size() == 1);
    CHECK(model::load_weights(file, no_archives).value().tensors.size() == 1);
}

TEST_CASE("safetensors: an index that does not fit its shards is refused", "[safetensors]") {
    struct index_case {
        char const* map;
        char const* message;
    };
    for (auto const& c : std::vector<index_case>{
             {R"({"a": "shard_a.safetensors"})", ""},
             {R"({"a": "shard_b.safetensors"})", "b is in shard_b.safetensors, but the index does not say so"},
             {R"({"a": "shard_a.safetensors", "c": "shard_a.safetensors"})", "c is not in shard_a.safetensors"},
             {R"({"a": "missing.safetensors"})", "missing.safetensors"},
             {R"({"a": "../shard_a.safetensors"})", "a is in no shard"},
             {R"({"a": ".."})", "a is in no shard"},
             {R"({"a": 1})", "a is in no shard"},
             {R"({})", "\"weight_map\""},
             {R"([])", "\"weight_map\""},
         }) {
        INFO(c.map);
        scratch_folder const folder;
        auto const read = model::load_weights(write_shards(folder, c.map), no_archives);
        REQUIRE(read.has_value() == (*c.message == '\0'));
        if (!read) CHECK_THAT(read.error().message, ContainsSubstring(c.message));
    }
}
