"""Releases described, recorded and compared: does code that runs keep running?"""
