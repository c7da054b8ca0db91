// Tests of a format that libvips lacks the loader of.
#include "sma/image/decoder.hpp"
#include "sma/image/format_names.hpp"
#include "test_files.hpp"

#include "catch.hpp"

#include <dlfcn.h>

#include <cstddef>
#include <string>
#include <string_view>

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string_view hidden_loader;

/// Of the type `name` libvips knows nothing until the end of this.
class without_loader {
public:
    explicit without_loader(std::string_view name) { hidden_loader = name; }
    ~without_loader() { hidden_loader = {}; }
    without_loader(without_loader const&) = delete;
    without_loader& operator=(without_loader const&) = delete;
};

}  // namespace

// Found before the one of the library, which it calls. GLib's GType is a size_t.
extern "C" std::size_t vips_type_find(char const* base, char const* name) {
    using function = std::size_t (*)(char const*, char const*);
    static auto const original = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "vips_type_find"));
    if (!hidden_loader.empty() && name != nullptr && hidden_loader == name) return 0;
    return original(base, name);
}

TEST_CASE("a format that libvips cannot read is 415 with the loader that is missing, and is not offered") {
    decode_options options;
    options.formats = {"jpeg", "heic", "webp"};
    decoder d{options};
    without_loader const hidden("heifload_source");
    auto const refused = d.probe(corpus_file("quadrants.heic"));
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::unsupported_media_type);
    CHECK_THAT(refused.error().message, ContainsSubstring("HEIC") && ContainsSubstring("heifload_source"));
    CHECK_THAT(refused.error().message, ContainsSubstring("send JPEG, WebP"));
    CHECK(readable_formats({"jpeg", "heic", "webp"}) == std::vector<std::string>{"jpeg", "webp"});
    CHECK(d.probe(corpus_file("lossy.webp")).has_value());
}

TEST_CASE("a format whose loader is there is read and offered") {
    decoder d{decode_options{}};
    CHECK(d.probe(corpus_file("quadrants.heic")).has_value());
    CHECK(readable_formats({"heic"}) == std::vector<std::string>{"heic"});
}
