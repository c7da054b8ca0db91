#include "base64.hpp"

#include "catch.hpp"

using sma::api::decode_base64;

TEST_CASE("RFC 4648's test vectors, with padding and without") {
    CHECK(decode_base64("") == "");
    CHECK(decode_base64("Zg==") == "f");
    CHECK(decode_base64("Zm8=") == "fo");
    CHECK(decode_base64("Zm9v") == "foo");
    CHECK(decode_base64("Zm9vYg==") == "foob");
    CHECK(decode_base64("Zm9vYmE=") == "fooba");
    CHECK(decode_base64("Zm9vYmFy") == "foobar");
    CHECK(decode_base64("Zm9vYg") == "foob");
    CHECK(decode_base64("/+8A") == std::string("\xff\xef\x00", 3));
    CHECK(decode_base64("data:image/png;base64,Zm9v") == "foo");
}

TEST_CASE("base64 as other programs write it: with line breaks, or for URLs") {
    CHECK(decode_base64("Zm9v\n") == "foo");
    CHECK(decode_base64("Zm9v\r\nYmFy\r\n") == "foobar");
    CHECK(decode_base64(" Zm9v\tYg= =") == "foob");
    CHECK(decode_base64("data:image/png;base64,\nZm9v\nYmFy") == "foobar");
    CHECK(decode_base64("_-8A") == std::string("\xff\xef\x00", 3));
    CHECK(decode_base64("_-8") == "\xff\xef");
    CHECK(decode_base64("\n") == "");
}

TEST_CASE("what is not base64 is refused") {
    for (auto const* text : {"Z", "Zg=", "Zg===", "Zh==", "Zm9=", "Z\n", "Zm9v\n!", "Zm9v\v", "Zm.,",
                             "====", "Zg==Zg==", "Zg==\nZg==", "\xff\xff\xff\xff"})
        CHECK_FALSE(decode_base64(text));
}
