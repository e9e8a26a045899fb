# make install PREFIX=...: header, libraries, pkg-config file, command, manual.
if(NOT TARGET shared)
    return()
endif()
install(TARGETS shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/descend.h TYPE INCLUDE)
install(TARGETS command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# The pkg-config file is written at install time, when the prefix is known.
install(CODE "set(PROJECT_VERSION \"${PROJECT_VERSION}\")
set(PROJECT_DESCRIPTION \"${PROJECT_DESCRIPTION}\")
set(CMAKE_INSTALL_INCLUDEDIR \"${CMAKE_INSTALL_INCLUDEDIR}\")
set(CMAKE_INSTALL_LIBDIR \"${CMAKE_INSTALL_LIBDIR}\")
configure_file(\"${CMAKE_CURRENT_SOURCE_DIR}/cmake/descend.pc.in\"
    \"${CMAKE_CURRENT_BINARY_DIR}/descend.pc\" @ONLY)")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/descend.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(GLOB manuals CONFIGURE_DEPENDS docs/manual*.md docs/language*.md)
install(FILES LICENSE ${manuals} TYPE DOC)
