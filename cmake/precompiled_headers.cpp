// Nothing: what a library of precompiled headers is made from, which CMake wants to have a source.
