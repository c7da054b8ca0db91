#include "multipart_parser.hpp"
#include "multipart_recorder.hpp"

#include "catch.hpp"

#include <string>
#include <vector>

using namespace sma;
using namespace sma::http;
using namespace sma::http::test;

namespace {

/// The outcome of a form with one part that has this header block, checked to be the same byte by byte.
outcome parse_head(std::string const& head) {
    auto const body = "--bound\r\n" + head + "\r\nx\r\n--bound--\r\n";
    auto const whole = parse_split(body, "bound", {});
    REQUIRE(parse_split(body, "bound", every_cut(body)) == whole);
    return whole;
}

}  // namespace

TEST_CASE("headers of a part that cannot be read", "[multipart]") {
    auto const head =
        GENERATE(as<std::string>{}, "", "Content-Type: image/png\r\n", "Content-Disposition: form-data\r\n",
                 "Content-Disposition: form-data; name=\"\"\r\n", "Content-Disposition: attachment; name=\"a\"\r\n",
                 "Content-Disposition: form-data; name=\"a\r\n", "Content-Disposition: form-data; name=\"a\"x\r\n",
                 "Content-Disposition: form-data; name=a; name=b\r\n",
                 "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=a\r\n",
                 "Content-Disposition : form-data; name=a\r\n", " Content-Disposition: form-data; name=a\r\n",
                 "Content-Disposition: form-data;\r\n name=a\r\n", "Content-Disposition: form-data; =a\r\n",
                 "Content-Disposition: form-data; name=a\x01\r\n", "No colon\r\n",
                 "Content-Disposition: form-data; name=\"a\x7f\"\r\n",
                 "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n",
                 "Content-Disposition: form-data; name=a; filename*=UTF-8''%zz\r\n",
                 "Content-Disposition: form-data; name=a; filename*=UTF-8''%e2%82\r\n",
                 "Content-Disposition: form-data; name=a; filename*=UTF-8''a%0ab\r\n",
                 "Content-Disposition: form-data; name=a; filename*=latin1''a\r\n");
    INFO(head);
    auto const o = parse_head(head);
    CHECK(o.failure == errc::malformed_multipart);
    CHECK(o.parts.empty());
}

TEST_CASE("file names", "[multipart]") {
    auto const [sent, expected] = GENERATE(table<std::string, std::string>({
        {"filename=\"dog.jpg\"", "dog.jpg"},
        {"filename=dog.jpg", "dog.jpg"},
        {"filename=\"\"", ""},
        {"filename=\"/etc/passwd\"", "passwd"},
        {"filename=\"C:\\Users\\me\\dog.jpg\"", "dog.jpg"},
        {"filename=\"a/b\\c/d.png\"", "d.png"},
        {"filename=\"..\\..\"", ""},
        {"filename=\"dir/\"", ""},
        {"filename=\"say \\\"hi\\\".jpg\"", "say \"hi\".jpg"},
        {"filename=\"say %22hi%22.jpg\"", "say \"hi\".jpg"},
        {"filename=\"100%25.jpg\"", "100%25.jpg"},
        {"filename=\"line%0Abreak.jpg\"", "line%0Abreak.jpg"},
        {"filename=\"semi;colon=1.jpg\"", "semi;colon=1.jpg"},
        {"filename=\"h\xc3\xa9.jpg\"", "h\xc3\xa9.jpg"},
        {"filename=\"h\xe9.jpg\"", "h\xef\xbf\xbd.jpg"},
        {"filename=\"x\"; filename*=UTF-8''%e2%82%ac%20rates.jpg", "\xe2\x82\xac rates.jpg"},
        {"filename*=utf-8'en'dir%2Fdog.jpg; filename=\"x\"", "dog.jpg"},
        {"filename=\"a.jpg\" ;", "a.jpg"},
        {" FileName = \"a.jpg\"", "a.jpg"},
    }));
    INFO(sent);
    auto const o = parse_head("Content-Disposition: form-data; name=\"file\"; " + sent + "\r\n");
    REQUIRE_FALSE(o.failure);
    CHECK(o.parts.at(0).filename == expected);
    CHECK(o.parts.at(0).name == "file");
}

TEST_CASE("the boundary of a Content-Type", "[multipart]") {
    auto const found = [](std::string_view type) { return multipart_boundary(type).value().value(); };
    CHECK(found("multipart/form-data; boundary=abc") == "abc");
    CHECK(found("Multipart/Form-Data;charset=utf-8; BOUNDARY=\"a b(c)\" ") == "a b(c)");
    CHECK(found("multipart/form-data; boundary=a/b=c") == "a/b=c");
    CHECK(found("multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW") ==
          "----WebKitFormBoundary7MA4YWxkTrZu0gW");
    CHECK(found("multipart/form-data; boundary=" + std::string(70, 'x')) == std::string(70, 'x'));

    for (auto const* type : {"", "image/jpeg", "multipart/mixed; boundary=a", "multipart/form-data-ish; boundary=a",
                             "application/json; boundary=a"}) {
        INFO(type);
        auto const none = multipart_boundary(type);
        REQUIRE(none.has_value());
        CHECK_FALSE(none->has_value());
    }
    for (auto const& type : std::vector<std::string>{
             "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
             "multipart/form-data; boundary=" + std::string(71, 'x'), "multipart/form-data; boundary=\"a ",
             "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=\"a\r\nb\"",
             "multipart/form-data; boundary=a\"b\"", "multipart/form-data; boundary=a; boundary=b",
             "multipart/form-data; boundary=\"a;b\"", "multipart/form-data boundary=a b"}) {
        INFO(type);
        auto const refused = multipart_boundary(type);
        if (type == "multipart/form-data boundary=a b") {
            CHECK_FALSE(refused.value().has_value());
            continue;
        }
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == errc::malformed_multipart);
    }
}
