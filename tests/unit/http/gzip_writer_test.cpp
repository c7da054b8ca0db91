#include "gzip_writer.hpp"

#include "catch.hpp"
#include "compressed.hpp"

using sma::http::gzip_writer;

TEST_CASE("slices make one whole gzip member", "[coding]") {
    for (std::size_t const size : {1U, 1025U, 4096U, 40'000U, 300'000U})
        for (std::size_t const slice : {size, std::size_t{1000}}) {
            std::string content;
            while (content.size() < size) content += "number " + std::to_string(content.size()) + ", ";
            content.resize(size);
            gzip_writer writer(size);
            std::string out;
            for (std::size_t at = 0; at < size; at += slice)
                writer.add(std::string_view(content).substr(at, slice), at + slice >= size, out);
            CHECK((sma::test::gunzipped(out) == content));
            if (size > 4000) CHECK(out.size() < size / 2);
        }
}
