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
                 "Content-Disposition: form-data; name=a; name=b\r\n",
                 "Content-Disposition: form-data; name=\"a; filename=b\"; name=b\r\n",
                 "Content-Disposition: form-data; filename=a; name\r\n",
                 "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=a\r\n",
                 "Content-Disposition : form-data; name=a\r\n", " Content-Disposition: form-data; name=a\r\n",
                 "Content-Disposition: form-data;\r\n name=a\r\n", "Content-Disposition: form-data; =a\r\n",
                 "Content-Disposition: form-data; name=a\x01\r\n", "No colon\r\n",
                 "Content-Disposition: form-data; name=\"a\x7f\"\r\n",
                 "Content-Disposition: form-data; name=a; filename=\"b\nc\"\r\n",
                 "Content-Disposition: form-data; name=a; filename=\"b\rc\"\r\n",
                 "Content-Disposition: form-data; name=a\r\nContent-Type: image/\x01jpeg\r\n",
                 "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n");
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
        {"filename=\"line%0D%0Abreak.jpg\"", "line\r\nbreak.jpg"},
        {"filename=\"caf%C3%A9.jpg\"", "caf%C3%A9.jpg"},
        {"filename=\"\x01"
         "bell\x7f.jpg\"",
         "\x01"
         "bell\x7f.jpg"},
        {"filename=\"a \"b\".jpg\"", "a \"b\".jpg"},
        {"filename=\"a\"b\".jpg\" ; x=y", "a\"b\".jpg"},
        {"filename=\"never closed.jpg", "never closed.jpg"},
        {"filename=\"C:\\dogs\\\"", "dogs\""},
        {"filename=two words.jpg; x=y", "two words.jpg"},
        {"filename=a\"b.jpg", "a\"b.jpg"},
        {"filename", ""},
        {"filename=", ""},
        {"=x; file name=\"y\"; filename=\"a.jpg\"", "a.jpg"},
        {"filename=\"a.jpg\"; filename=\"b.jpg\"", "a.jpg"},
        {"filename=\"semi;colon=1.jpg\"", "semi;colon=1.jpg"},
        {"filename=\"h\xc3\xa9.jpg\"", "h\xc3\xa9.jpg"},
        {"filename=\"h\xe9.jpg\"", "h\xef\xbf\xbd.jpg"},
        {"filename=\"x\"; filename*=UTF-8''%e2%82%ac%20rates.jpg", "\xe2\x82\xac rates.jpg"},
        {"filename*=utf-8'en'dir%2Fdog.jpg; filename=\"x\"", "dog.jpg"},
        {"filename=\"x\"; filename*=iso-8859-1''caf%E9.jpg", "caf\xc3\xa9.jpg"},
        {"filename=\"x\"; filename*=ISO-8859-1'en'%A3%FF", "\xc2\xa3\xc3\xbf"},
        {"filename=\"x\"; filename*=shift_jis''%83J.jpg", "x"},
        {"filename*=shift_jis''%83J.jpg", "\xef\xbf\xbdJ.jpg"},
        {"filename*=koi8-r''dog.jpg", "dog.jpg"},
        {"filename*=dog%20one.jpg", "dog one.jpg"},
        {"filename*=UTF-8''100%zz%4", "100%zz%4"},
        {"filename=\"x\"; filename*=UTF-8''%e2%82", "x"},
        {"filename*=UTF-8''a%0ab", "a\nb"},
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
    CHECK(found("multipart/form-data;boundary=*****") == "*****");
    CHECK(found("multipart/form-data; boundary=a\"b\"") == "a\"b\"");
    CHECK(found("multipart/form-data; boundary=\"a;b\"") == "a;b");
    CHECK(found("multipart/form-data; boundary=\"a \"; charset") == "a ");
    CHECK(found("multipart/form-data; boundary=a b ; x=y") == "a b");
    CHECK(found("multipart/form-data; boundary=\xc3\xa9{}<>@") == "\xc3\xa9{}<>@");

    for (auto const* type : {"", "image/jpeg", "multipart/form-data boundary=a b", "multipart/mixed; boundary=a",
                             "multipart/form-data-ish; boundary=a", "application/json; boundary=a"}) {
        INFO(type);
        auto const none = multipart_boundary(type);
        REQUIRE(none.has_value());
        CHECK_FALSE(none->has_value());
    }
    for (auto const& type : std::vector<std::string>{
             "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
             "multipart/form-data; boundary=" + std::string(71, 'x'), "multipart/form-data; boundary=\"a\tb\"",
             "multipart/form-data; boundary=\"a\r\nb\"", "multipart/form-data; boundary=a; boundary=b",
             "multipart/form-data; boundary"}) {
        INFO(type);
        auto const refused = multipart_boundary(type);
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == errc::malformed_multipart);
    }
}
