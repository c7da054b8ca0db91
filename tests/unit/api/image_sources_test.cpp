#include "sma/api/image_sources.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::api;

namespace {

http::request with_body(std::string const& type, std::string body) {
    http::request r;
    if (!type.empty()) r.headers.set("Content-Type", type);
    r.body = std::move(body);
    return r;
}

http::form_part part(std::string name, std::string filename, std::string bytes) {
    http::form_part p;
    p.name = std::move(name);
    p.filename = std::move(filename);
    p.bytes = std::move(bytes);
    return p;
}

errc code_of(http::request const& r, std::size_t images_max = 4) {
    auto const found = find_images(r, images_max);
    REQUIRE_FALSE(found);
    return found.error().code;
}

}  // namespace

TEST_CASE("a bare body is one image, whatever type it claims") {
    for (auto const* type : {"image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded", ""}) {
        auto const r = with_body(type, "bytes");
        auto const found = find_images(r, 4);
        REQUIRE(found);
        REQUIRE(found->images.size() == 1);
        CHECK(found->images[0].bytes == "bytes");
        CHECK_FALSE(found->images[0].filename);
        CHECK_FALSE(found->as_list);
    }
    CHECK(code_of(with_body("image/jpeg", "")) == errc::empty_file);
    CHECK(code_of(with_body("", "")) == errc::missing_file);
}

TEST_CASE("the parts named file are the images, in order") {
    auto r = with_body("multipart/form-data; boundary=x", "");
    r.parts = {part("file", "a.jpg", "A"), part("note", "", "ignored"), part("file", "", "B")};
    auto const found = find_images(r, 4);
    REQUIRE(found);
    REQUIRE(found->images.size() == 2);
    CHECK(found->as_list);
    CHECK(found->images[0].filename == "a.jpg");
    CHECK(found->images[1].bytes == "B");
    CHECK(code_of(r, 1) == errc::validation_error);

    r.parts = {part("image", "a.jpg", "A")};
    CHECK(code_of(r) == errc::missing_file);
    r.parts = {part("file", "a.jpg", "")};
    CHECK(code_of(r) == errc::empty_file);
}

TEST_CASE("JSON bodies carry base64") {
    auto const one = with_body("application/json; charset=utf-8", R"({"image": "Zm9v"})");
    auto const found = find_images(one, 4);
    REQUIRE(found);
    CHECK(found->images[0].bytes == "foo");
    CHECK_FALSE(found->as_list);

    auto const many = with_body("Application/JSON", R"({"images": ["Zm9v"]})");
    auto const list = find_images(many, 4);
    REQUIRE(list);
    CHECK(list->as_list);

    CHECK(code_of(with_body("application/json", "{")) == errc::malformed_request);
    CHECK(code_of(with_body("application/json", "")) == errc::malformed_request);
    CHECK(code_of(with_body("application/json", "[]")) == errc::missing_file);
    CHECK(code_of(with_body("application/json", "{}")) == errc::missing_file);
    CHECK(code_of(with_body("application/json", R"({"images": []})")) == errc::missing_file);
    CHECK(code_of(with_body("application/json", R"({"image": "Zm9v", "images": ["Zm9v"]})")) == errc::missing_file);
    CHECK(code_of(with_body("application/json", R"({"image": 7})")) == errc::malformed_request);
    CHECK(code_of(with_body("application/json", R"({"image": "not base64!"})")) == errc::malformed_request);
    CHECK(code_of(with_body("application/json", R"({"image": ""})")) == errc::empty_file);
    CHECK(code_of(with_body("application/json", R"({"images": ["Zg==","Zg==","Zg==","Zg==","Zg=="]})")) ==
          errc::validation_error);
    CHECK(code_of(with_body("application/json", std::string(10'000, '['))) == errc::malformed_request);
}
