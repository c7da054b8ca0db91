#include "parts.hpp"

#include "sma/version.hpp"

#include "catch_result.hpp"
#include "files.hpp"

using namespace sma;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string why_not(std::filesystem::path const& folder, char const* name, std::string_view build = version::build) {
    auto const loaded = load_part(folder, name, build);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == errc::unsupported);
    CHECK_THAT(loaded.error().message, ContainsSubstring(name));
    CHECK(loaded.error().message.find('\n') == std::string::npos);
    return loaded.error().message;
}

}  // namespace

TEST_CASE("a part is loaded once, and its libraries are known from then on", "[parts]") {
    auto const first = app::parts::engine();
    REQUIRE(first);
    CHECK(app::parts::engine().value() == first.value());
    auto const libraries = app::parts::libraries();
    CHECK(std::any_of(libraries.begin(), libraries.end(), [](auto const& l) { return l.first == "onednn"; }));
}

TEST_CASE("the part for gRPC is loaded, or its package is named", "[parts]") {
    auto const found = app::parts::grpc();
    bool const built = std::filesystem::exists(parts_folder() / "grpc.so");
    REQUIRE(found.has_value() == built);
    if (built) CHECK((*found)->libraries().front().first == "grpc");
    if (!built) CHECK_THAT(found.error().message, ContainsSubstring("simple-model-api-grpc"));
}

TEST_CASE("the part for ONNX files is loaded, or its package is named", "[parts]") {
    auto const found = app::parts::onnx();
    bool const built = std::filesystem::exists(parts_folder() / "onnx.so");
    REQUIRE(found.has_value() == built);
    if (built) CHECK((*found)->libraries().front().first == "onnxruntime");
    if (!built) CHECK_THAT(found.error().message, ContainsSubstring("simple-model-api-onnx"));
}

TEST_CASE("a part that cannot be loaded is an error that says why", "[parts]") {
    test::temporary_folder const folder;
    CHECK_THAT(why_not(folder.path(), "engine"), ContainsSubstring("not installed"));
    test::write_file(folder / "engine.so", "no shared object");
    CHECK_THAT(why_not(folder.path(), "engine"), !ContainsSubstring(folder.path().string()));
    CHECK_THAT(why_not(parts_folder(), "engine", "0.0.0 (another)"),
               ContainsSubstring("0.0.0 (another)") && ContainsSubstring(version::build));
}
