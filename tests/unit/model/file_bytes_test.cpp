#include "model_files.hpp"

#include "sma/model/file_bytes.hpp"
#include "sma/model/safetensors.hpp"

#include <sys/stat.h>

#include "torch_tensors.hpp"

#include "catch_result.hpp"

using namespace sma;
using Catch::Matchers::ContainsSubstring;
using test::scratch_folder;

namespace {

std::string text_of(model::file_bytes const& read) {
    auto const bytes = read.bytes();
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("file bytes: the whole file, or its beginning", "[file]") {
    scratch_folder const folder;
    std::string large(5'000'001, 'x');
    large.back() = 'y';
    CHECK(text_of(**model::file_bytes::read(folder.write("x", large))) == large);
    CHECK(text_of(**model::file_bytes::read(folder.write("x", "abcdef"), 3)) == "abc");
    CHECK(text_of(**model::file_bytes::read(folder.write("x", "abc"), 10)) == "abc");
    CHECK(text_of(**model::file_bytes::read(folder.write("x", ""))).empty());
}

TEST_CASE("file bytes: what cannot be read is named", "[file]") {
    scratch_folder const folder;
    CHECK_THAT(model::file_bytes::read(folder / "gone").error().message, ContainsSubstring("gone cannot be opened"));
    CHECK_THAT(model::file_bytes::read(folder / "").error().message, ContainsSubstring("directory"));
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_THAT(model::file_bytes::read(folder / "pipe").error().message, ContainsSubstring("not a regular file"));
}

TEST_CASE("file bytes: a file that ends before its size is an error", "[file]") {
    // The kernel's own files have the size of a page and less in it.
    std::filesystem::path const file = "/sys/devices/system/cpu/online";
    std::error_code missing;
    if (std::filesystem::file_size(file, missing) < 100 || missing) {
        WARN("skipped: no " << file);
        return;
    }
    auto const read = model::file_bytes::read(file);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::io_error);
    CHECK_THAT(read.error().message, ContainsSubstring("online was truncated while it was being read"));
}

TEST_CASE("file bytes: a file that is shortened, or removed, after it was read stays as it was read", "[file]") {
    scratch_folder const folder;
    auto const tensor = test::from_torch(at::arange(3'000'000, at::TensorOptions(at::kFloat)));
    auto const file = folder / "w.safetensors";
    REQUIRE(model::write_safetensors(file, {{{"t", tensor}}, {}}));
    auto const content = model::read_safetensors(file);
    REQUIRE(content);
    // A mapping would end the process here.
    std::filesystem::resize_file(file, 10);
    CHECK(test::equal(content->tensors.at("t"), tensor));
    std::filesystem::remove(file);
    CHECK(test::equal(content->tensors.at("t"), tensor));
}
